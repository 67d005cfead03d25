"""RevMan 5 files and archives as they are found: untidy ones are read, hostile ones refused."""

import io
import zipfile

import numpy as np
import pytest

from bayespool.studies import AccuracyStudies, TableError, read_studies

STUDIES = """<INCLUDED_STUDIES>
<STUDY ID="STD-A" NAME="Ada 2001" YEAR="2001"><IDENTIFIERS/></STUDY>
<STUDY ID="STD-B" NAME="Bo &amp; Li 2002" YEAR="2002"/></INCLUDED_STUDIES>"""
DICH = """<DICH_OUTCOME NO="1" EFFECT_MEASURE="RR" {more}><NAME>Death</NAME>
<DICH_DATA STUDY_ID="STD-A" EVENTS_1="3" TOTAL_1="10" EVENTS_2="5" TOTAL_2="12">
<FOOTNOTE>p < 0.05 & more, as "printed"</FOOTNOTE></DICH_DATA>
<DICH_DATA STUDY_ID="STD-B" EVENTS_1="1" TOTAL_1="20" EVENTS_2="2" TOTAL_2="21"/>
</DICH_OUTCOME>"""


def rm5(
    analyses, *, head='<?xml version="1.0" encoding="UTF-8"?>', quality="", kind="INTERVENTION"
):
    return (
        f'{head}\n<COCHRANE_REVIEW TYPE="{kind}">\n<COVER_SHEET><TITLE>R&D of x<3</TITLE>'
        f"</COVER_SHEET>{STUDIES}{quality}<ANALYSES_AND_DATA>"
        f'<COMPARISON NO="1"><NAME>A vs B</NAME>{analyses}</COMPARISON></ANALYSES_AND_DATA>'
        "</COCHRANE_REVIEW>\n"
    )


def written(tmp_path, text, encoding="utf-8", name="review.rm5"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def test_unescaped_text_and_footnotes_are_passed_over(tmp_path):
    studies = read_studies(written(tmp_path, rm5(DICH.format(more=""))))
    assert studies.study == ("Ada 2001", "Bo & Li 2002")
    assert studies.e1.tolist() == [3, 1]
    assert studies.n2.tolist() == [12, 21]


@pytest.mark.parametrize("declared, written_in", [
    ("ISO-8859-1", "cp1252"), ("windows-1252", "cp1252"), ("UTF-8", "cp1252"), ("UTF-8", "utf-8"),
    ("UTF-16", "utf-16"),
])  # fmt: skip
def test_encodings(declared, written_in, tmp_path):
    text = rm5(
        DICH.format(more="").replace("Death", "Tod – früh"),
        head=f'<?xml version="1.0" encoding="{declared}"?>',
    ).replace("Ada 2001", "Müller 2001")
    studies = read_studies(written(tmp_path, text, written_in))
    assert studies.study == ("Bo & Li 2002", "Müller 2001")
    odd = declared == "UTF-8" and written_in == "cp1252"
    assert any("is not UTF-8, as it says" in warning for warning in studies.warnings) is odd


def test_subgroups_are_a_covariate_and_swapped_events_are_said(tmp_path):
    data = ('<DICH_SUBGROUP NO="{no}"><NAME>{name}</NAME><DICH_DATA STUDY_ID="STD-A" '
            'EVENTS_1="{e}" TOTAL_1="10" EVENTS_2="5" TOTAL_2="12"/></DICH_SUBGROUP>')  # fmt: skip
    outcome = ('<DICH_OUTCOME NO="1" EFFECT_MEASURE="OR" SWAP_EVENTS="YES"><NAME>Alive</NAME>'
               + data.format(no=1, name="men", e=3) + data.format(no=2, name="women", e=4)
               + "</DICH_OUTCOME>")  # fmt: skip
    studies = read_studies(written(tmp_path, rm5(outcome)))
    assert studies.covariates["subgroup"] == ("men", "women")
    assert studies.e1.tolist() == [7, 6]
    assert studies.e2.tolist() == [7, 7]
    assert any("exchanged" in warning for warning in studies.warnings)


def test_generic_inverse_variance_is_on_the_scale_that_was_entered(tmp_path):
    outcome = ('<IV_OUTCOME NO="1" LOG_DATA="{log}"><NAME>Relapse</NAME>'
               "<EFFECT_MEASURE>{measure}</EFFECT_MEASURE>"
               '<IV_DATA STUDY_ID="STD-A" ESTIMATE="-0.5" SE="0.2" EFFECT_SIZE="0.60653"'
               ' CI_START="0.40984" CI_END="0.89762"/>'
               '<IV_DATA STUDY_ID="STD-B" SE="0.2" EFFECT_SIZE="0.60653" CI_START="0.40984"'
               ' CI_END="1.5"/></IV_OUTCOME>')  # fmt: skip
    text = rm5(outcome.format(log="YES", measure="Hazard Ratio"))
    studies = read_studies(written(tmp_path, text))
    assert studies.measure == "hr"
    np.testing.assert_allclose(studies.estimate, [-0.5, np.log(0.60653)], rtol=1e-12)
    assert any("Bo & Li 2002: the standard error is 0.2, but the limits give" in warning
               for warning in studies.warnings)  # fmt: skip
    plain = rm5(outcome.format(log="NO", measure="Odds Ratio"))
    assert read_studies(written(tmp_path, plain)).measure == "generic"


def test_observed_minus_expected_is_petos_estimate(tmp_path):
    outcome = ('<IPD_OUTCOME NO="1"><NAME>Survival</NAME><EFFECT_MEASURE>Hazard Ratio'
               '</EFFECT_MEASURE><IPD_DATA STUDY_ID="STD-A" O_E="-3" VAR="4" TOTAL_1="50"/>'
               '<IPD_DATA STUDY_ID="STD-B" O_E="1" VAR="0"/></IPD_OUTCOME>')  # fmt: skip
    studies = read_studies(written(tmp_path, rm5(outcome)))
    assert (studies.measure, studies.study) == ("hr", ("Ada 2001",))
    assert (studies.estimate[0], studies.se[0]) == (-0.75, 0.5)
    assert studies.covariates["from"] == ("(O-E) / V",)
    assert any("left out: Bo & Li 2002" in warning for warning in studies.warnings)


def test_judgements_are_columns_and_one_that_was_not_made_is_blank(tmp_path):
    entry = ('<QUALITY_ITEM_DATA_ENTRY RESULT="{}" STUDY_ID="{}"><DESCRIPTION>{}</DESCRIPTION>'
             "</QUALITY_ITEM_DATA_ENTRY>")  # fmt: skip
    quality = (
        '<QUALITY_ITEMS><QUALITY_ITEM ID="1" LEVEL="STUDY"><NAME>Allocation concealment</NAME>'
        "<DESCRIPTION><P>How?</P></DESCRIPTION><QUALITY_ITEM_DATA>"
        + entry.format("YES", "STD-A", "<P>envelopes</P>") + entry.format("UNKNOWN", "STD-B", "")
        + "</QUALITY_ITEM_DATA></QUALITY_ITEM>"
        '<QUALITY_ITEM ID="2" LEVEL="GROUP"><NAME>Blinding</NAME>'
        '<QUALITY_ITEM_DATA_ENTRY_GROUP ID="G1"><NAME>pain</NAME></QUALITY_ITEM_DATA_ENTRY_GROUP>'
        '<QUALITY_ITEM_DATA_ENTRY_GROUP ID="G2"><NAME>death</NAME></QUALITY_ITEM_DATA_ENTRY_GROUP>'
        '<QUALITY_ITEM_DATA><QUALITY_ITEM_DATA_ENTRY RESULT="NO" STUDY_ID="STD-A" GROUP_ID="G1"/>'
        '<QUALITY_ITEM_DATA_ENTRY RESULT="UNKNOWN" STUDY_ID="STD-B" GROUP_ID="G2"><DESCRIPTION>'
        "<P>not said</P></DESCRIPTION></QUALITY_ITEM_DATA_ENTRY>"
        "</QUALITY_ITEM_DATA></QUALITY_ITEM></QUALITY_ITEMS>"
    )  # fmt: skip
    studies = read_studies(written(tmp_path, rm5(DICH.format(more=""), quality=quality)))
    told = {k: v for k, v in studies.covariates.items() if k.startswith("Risk of bias")}
    assert told == {
        "Risk of bias: Allocation concealment": ("low", None),
        "Risk of bias: Blinding: pain": ("high", None),
        "Risk of bias: Blinding: death": (None, "unclear"),
    }


LAUGHS = ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
          "<COCHRANE_REVIEW>&b;</COCHRANE_REVIEW>")  # fmt: skip
EXTERNAL = (
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><COCHRANE_REVIEW>&e;</COCHRANE_REVIEW>'
)


@pytest.mark.parametrize(
    "text, words",
    [
        (LAUGHS, "defines a document type or entities"),
        (EXTERNAL, "defines a document type or entities"),
        (rm5(DICH)[:-40], "it is cut off"),
        ("<html><body>Not found</body></html>", "holds no Cochrane review"),
        ("", "the file is empty"),
        (rm5("", kind="DIAGNOSTIC"), "one of test accuracy"),
        (rm5(""), "no outcome with studies"),
        (rm5(DICH.replace('EVENTS_1="3"', 'EVENTS_1="three"')), "EVENTS_1='three' is no number"),
        (rm5(DICH.replace('EVENTS_1="3"', 'EVENTS_1="30"')), "e1=30 exceeds n1=10"),
        (rm5(DICH.replace('"10"', '"0"').replace('"20"', '"0"')), "no study of outcome 1.1"),
        (b"\x00\x01\x02" * 100, "holds no Cochrane review"),
    ],
)
def test_one_message_says_what_is_wrong(text, words, tmp_path):
    with pytest.raises(TableError, match=words) as refused:
        read_studies(written(tmp_path, text))
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize("text", ['<A"' * 200_000, "<A " * 200_000, '<A "' + '"' * 400_000,
                                  "<!--" * 200_000, "<![CDATA[" * 200_000])  # fmt: skip
@pytest.mark.timeout(20)
def test_markup_made_to_stall_does_not(text, tmp_path):
    assert len(read_studies(written(tmp_path, rm5(DICH) + text))) == 2


def archive(files, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content, **options)
    return out.getvalue()


def test_an_archive_of_test_accuracy_gives_its_tables_with_judgements(tmp_path):
    data = "Test,Study,TP,FP,FN,TN\nCT,Ada 2001,9,2,1,8\nCT,Bo 2002,7,1,3,9\n"
    bias = "Study,Domain (judgement): Index Test,Domain (support): x\nAda 2001,High risk,why\n"
    path = written(tmp_path, archive({"a/x-data.csv": data, "a/x-risk-of-bias.csv": bias}),
                   name="x.zip")  # fmt: skip
    studies = AccuracyStudies.from_table(path)
    assert studies.tp.tolist() == [9, 7]
    assert studies.covariates["Risk of bias: Index Test"] == ("High risk", None)


@pytest.mark.parametrize(
    "files, words",
    [
        ({}, "holds no analyses"),
        ({"a.csv": "x,y\n1,2\n"}, "holds no analyses"),
        ({"1-data-rows.csv": "a,b\n1,2\n", "2-data-rows.csv": "a,b\n1,2\n"}, "holds 2 reviews"),
        ({"1-data-rows.csv": "Study,b\n1,2\n"}, "has no column 'Analysis group'"),
        ({"1.csv": b"0" * (70 * 2**20)}, "unpacks to too much"),
        ({"1.zip": archive({"1.csv": b"0" * (70 * 2**20)})}, "unpacks to too much"),
        ({f"{i}.csv": "" for i in range(2_001)}, "holds 2001 files"),
    ],
)
def test_archives_that_are_no_package_are_refused(files, words, tmp_path):
    with pytest.raises(TableError, match=words):
        read_studies(written(tmp_path, archive(files), name="x.zip"), "or")


def test_a_damaged_archive_is_refused(tmp_path):
    content = archive({"1-data-rows.csv": "a,b\n" * 500})
    for damaged in (
        content[:40],
        b"PK\x03\x04" + b"\xff" * 60,
        content[:30] + b"?" * 20 + content[50:],
    ):
        with pytest.raises(TableError, match="no readable zip archive"):
            read_studies(written(tmp_path, damaged, name="x.zip"), "or")
