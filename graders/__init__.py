"""sorcery's autograder: warm forks, tests out of the student's reach, a snapshot per question.

Test authors import `graders.check`; everything else is reached by the command `sorcery`.
"""

__version__ = "0.1.0"
