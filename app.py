"""The demo: `python app.py`, then open the address that it prints.

CABCNN_TRAINING=0 keeps visitors from training models, =1 lets them. Where it is not set they
may, except on a Hugging Face Space, which all the world can open. CABCNN_AUTH=USER:PASSWORD, or
a file of such lines, lets nobody else in. CABCNN_MCP=1 makes the endpoints for programs tools of
the Model Context Protocol too.
"""

import os
import sys

from cabcnn.errors import CabcnnError
from cabcnn.ui import page
from cabcnn.ui.auth import VARIABLE, parse
from cabcnn.ui.train import Training, training_enabled

try:
    training = Training() if training_enabled() else None
    demo = page.build(training)
except CabcnnError as error:
    sys.exit(str(error))

if __name__ == "__main__":
    tools = os.environ.get("CABCNN_MCP") == "1"
    try:
        auth = parse(os.environ.get(VARIABLE) or None, tools)
        page.launch(demo, training=training, mcp=tools, auth=auth)
    except CabcnnError as error:
        sys.exit(str(error))
