"""How the models in `checkpoints/` were made and measured: make one again with

    python -m cabcnn.shipped digits FOLDER --work WORK
    python -m cabcnn.shipped accents FOLDER --work WORK
    python -m cabcnn.shipped first-language FOLDER --work WORK
    python -m cabcnn.shipped synthetic-accents --work WORK

FOLDER holds the corpus. WORK keeps prepared arrays, unfinished runs and the score of every
model trained on the way, so that a run that was stopped goes on where it was; `--only` makes
one part (several may run at once), and without it the checkpoint is written last.
"""
