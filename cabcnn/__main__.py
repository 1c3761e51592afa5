"""`python -m cabcnn` is the command `cabcnn`."""

from cabcnn.cli import main

main()
