"""How the models in `checkpoints/` were made and measured. To make one again:

    python -m cabcnn.shipped digits FOLDER --work WORK
    python -m cabcnn.shipped accents FOLDER --originals ORIGINALS --work WORK
    python -m cabcnn.shipped first-language FOLDER --work WORK
    python -m cabcnn.shipped synthetic-accents --work WORK
    python -m cabcnn.shipped words FOLDER --work WORK

FOLDER holds the corpus. WORK keeps decoded clips, unfinished trainings and the score of every
model, so that a run that was stopped goes on where it was. With `--only` one split is trained and
measured (several can run at once); without it the checkpoint is written at the end.
"""
