"""How the models in `checkpoints/` were made and measured: make one again with

    python -m cabcnn.training.shipped digits FOLDER --work WORK
    python -m cabcnn.training.shipped accents FOLDER --work WORK
    python -m cabcnn.training.shipped first-language FOLDER --work WORK
    python -m cabcnn.training.shipped synthetic-accents --work WORK

FOLDER holds the corpus. WORK keeps prepared arrays, unfinished runs and the score of every
model trained on the way, so that a run that was stopped goes on where it was; `--only` makes
one part (several may run at once), and without it the checkpoint is written last.
"""
