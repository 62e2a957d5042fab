"""Makes what assignments/nlp/data holds: reviews with labels, and sentences about animals.

    python solutions/nlp_data.py

Both are made by grammars of our own, no text is anybody else's. The grammars stand in the hidden
tests of questions 6 and 7, which make further texts with them, so students get neither.
"""

import csv
import io
import random
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "assignments" / "nlp" / "data"
HIDDEN = ROOT / "graders" / "hidden_tests" / "nlp"
REVIEWS_SEED, REVIEWS = 1951, 2200
FARM_SEED, SENTENCES = 1957, 2400

# Adult, young, home, and four things of each animal.
ANIMALS = """
    dog puppy kennel bone leash stick sledge
    cat kitten basket yarn mouse cushion saucer
    horse foal stable saddle reins hay cart
    cow calf byre milk bell clover meadow
    sheep lamb fold wool shears heather shepherd
    pig piglet sty mud acorn truffle trough
    hen chick coop egg grain feather perch
    bee larva hive honey pollen blossom wax
    bear cub den salmon berry forest river
    frog tadpole pond reed fly lily puddle
    goat kid shed thistle cliff cheese horn
    deer fawn thicket antler moss bark snow
"""


def reviews() -> str:
    """CSV with the columns text, label (1 is favourable) and kind."""
    review = runpy.run_path(str(HIDDEN / "q6.py"))["review"]
    draw, out = random.Random(REVIEWS_SEED), io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["text", "label", "kind"])
    writer.writerows(review(draw) for _ in range(REVIEWS))
    return out.getvalue()


def farm() -> str:
    """One sentence a line."""
    sentences = runpy.run_path(str(HIDDEN / "q7.py"))["sentences"]
    rows = [line.split() for line in ANIMALS.strip().split("\n")]
    animals = [(*row[:3], row[3:]) for row in rows]
    made = (" ".join(words) for words in sentences(random.Random(FARM_SEED), animals, SENTENCES))
    return "".join(f"{line[0].upper()}{line[1:]}.\n" for line in made)


if __name__ == "__main__":
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in (("reviews.csv", reviews()), ("farm.txt", farm())):
        (TARGET / name).write_text(text, encoding="utf-8", newline="")
        print(name, "written")
