"""Multiple-choice and other quizzes, authored in YAML, taken in a terminal."""
