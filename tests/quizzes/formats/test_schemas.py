"""What is written is valid by the schemas of QTI. They are not ours to hand on, so the tests run where they are:

    IMSQTI_XSD=imsqti_v2p1.xsd IMSQTI_DTD=ims_qtiasiv1p2p1.dtd python -m pytest tests/quizzes/formats/test_schemas.py

The schema of QTI 2.1 is at https://www.imsglobal.org/question/, the DTD of QTI 1.2.1 also in the source
archive of pyslet, as unittests/data_imsqtiv1p2p1/ims_qtiasiv1p2p1.dtd.
"""

import os
import re
from pathlib import Path

import pytest
from lxml import etree

from quizzes.bank import read_bank
from quizzes.formats import qti12, qti21
from quizzes.formats.base import Source
from quizzes.formats.draw import drawn
from quizzes.formats.foreign_zip import unpacked

BANKS = sorted((Path(__file__).parents[3] / "quizzes" / "banks").glob("*.yaml"))


@pytest.mark.skipif("IMSQTI_XSD" not in os.environ, reason="IMSQTI_XSD names no imsqti_v2p1.xsd")
def test_packages_of_qti21_are_valid() -> None:
    schema = etree.XMLSchema(etree.parse(os.environ["IMSQTI_XSD"]))
    for path in BANKS:
        file, _ = drawn(read_bank(path), seed=1)
        for name, data in unpacked(qti21.write(Source(file)).data).items():
            if name != "imsmanifest.xml" and name.endswith(".xml"):
                schema.assertValid(etree.fromstring(data))


@pytest.mark.skipif("IMSQTI_DTD" not in os.environ, reason="IMSQTI_DTD names no ims_qtiasiv1p2p1.dtd")
def test_quizzes_of_qti12_are_valid() -> None:
    with Path(os.environ["IMSQTI_DTD"]).open("rb") as file_of_dtd:
        dtd = etree.DTD(file_of_dtd)
    for path in BANKS:
        file, _ = drawn(read_bank(path), seed=1)
        name = f"quiz_{file.quiz.id}"
        data = unpacked(qti12.write(Source(file)).data)[f"{name}/{name}.xml"]
        plain = re.sub(rb' xmlns(:xsi)?="[^"]*"', b"", data)  # a DTD knows no namespaces
        dtd.assertValid(etree.fromstring(plain))
