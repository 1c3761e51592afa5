"""The demo: `python app.py`, then open the address that it prints."""

import sys

from cabcnn.errors import CabcnnError
from cabcnn.ui import page

demo = page.build()

if __name__ == "__main__":
    try:
        page.launch(demo)
    except CabcnnError as error:
        sys.exit(str(error))
