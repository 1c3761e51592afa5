"""What is taken away, opened by what it is for: Praat, a PDF reader, an XML parser, labels."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import parselmouth
import pypdf
import pypdfium2
import pytest
from parselmouth import praat
from PIL import Image

from cabcnn import files
from cabcnn.audio import Sound
from cabcnn.classifier import Classifier
from cabcnn.errors import CabcnnError
from cabcnn.explanation import Explanation
from cabcnn.export import annotations, caption, formats, palette, zip_file
from cabcnn.export import figure as figures

RATE = 16_000


@pytest.fixture(scope="module")
def sound(babble) -> Sound:
    return Sound(babble(2.99, RATE), RATE)


@pytest.fixture(scope="module")
def x(formula_model, make_card, sound) -> Explanation:
    """A clip whose name and labels hold what formats take for their own."""
    classifier = Classifier(formula_model(3), make_card(name="tiny"))
    explanation = classifier.explain(sound, name="Zoë's <i>clip</i> $5.wav")
    return replace(explanation, labels=("US $x$", 'U"K\n<b>', "AU %"))


def tiers(path) -> dict[str, list[tuple[float, float, str]]]:
    """The interval tiers of a TextGrid, as Praat itself reads them."""
    grid = parselmouth.read(str(path))
    assert grid.class_name == "TextGrid"
    found = {}
    for tier in range(1, praat.call(grid, "Get number of tiers") + 1):
        if praat.call(grid, "Is interval tier", tier):
            found[praat.call(grid, "Get tier name", tier)] = [
                (
                    praat.call(grid, "Get start time of interval", tier, i),
                    praat.call(grid, "Get end time of interval", tier, i),
                    praat.call(grid, "Get label of interval", tier, i),
                )
                for i in range(1, praat.call(grid, "Get number of intervals", tier) + 1)
            ]
    return found


def test_praat_reads_the_textgrid_and_finds_every_interval(x, tmp_path):
    x.save(tmp_path / "clip.TextGrid")
    found = tiers(tmp_path / "clip.TextGrid")
    assert list(found) == ["predicted class", "verdict so far", "selected classifier"]
    labels = [re.sub(r"\s+", " ", label) for label in x.labels]
    expected = {
        "predicted class": [labels[k] for k in x.interval_probabilities.argmax(1)],
        "verdict so far": [labels[k] for k in x.verdict_so_far.argmax(1)],
        "selected classifier": [str(i) for i in x.selected],
    }
    for name, intervals in found.items():
        assert intervals[0][0] == 0
        assert intervals[-1][1] == pytest.approx(x.seconds)
        for (_, end, text), (start, _, following) in pairwise(intervals):
            assert end == start
            assert text != following  # equal neighbours are one
        said = [
            next(text for start, end, text in intervals if start <= time < end)
            for time in np.minimum(x.times, x.seconds - 1e-6)
        ]
        assert said == expected[name]


def test_praat_reads_the_strongest_moments(x, tmp_path):
    x.save(tmp_path / "clip.TextGrid")
    grid = parselmouth.read(str(tmp_path / "clip.TextGrid"))
    count = praat.call(grid, "Get number of points", 4)
    times = [praat.call(grid, "Get time of point", 4, i) for i in range(1, count + 1)]
    texts = [praat.call(grid, "Get label of point", 4, i) for i in range(1, count + 1)]
    chances = x.interval_probabilities[:, x.labels.index(x.label)]
    assert 1 < count <= annotations.MOMENTS
    assert all(later - earlier >= 0.25 - 1e-9 for earlier, later in pairwise(times))
    loudest = float(x.times[chances.argmax()])
    assert any(time == pytest.approx(loudest) for time in times)
    for time, text in zip(times, texts):
        t = int(np.abs(x.times - time).argmin())
        assert text.endswith(f"{chances[t]:.2f} by classifier {x.selected[t]}")


def test_a_part_of_a_clip_keeps_its_place_in_time(x, tmp_path):
    part = x.between(1.0, 2.0)
    part.save(tmp_path / "part.TextGrid")
    for intervals in tiers(tmp_path / "part.TextGrid").values():
        assert (intervals[0][0], intervals[-1][1]) == (pytest.approx(1), pytest.approx(2))
    assert "from 1 to 2 s" in caption.caption(part)
    assert part.envelope is not None
    assert len(part.envelope) == 8 * len(part.times)


def test_audacity_labels_cover_the_clip(x, tmp_path):
    x.save(tmp_path / "clip.txt")
    x.save(tmp_path / "clip.classifiers.txt")
    for name, count in (("clip.txt", 3), ("clip.classifiers.txt", 40)):
        lines = (tmp_path / name).read_text("utf-8").splitlines()
        rows = [line.split("\t") for line in lines]
        assert all(len(row) == 3 for row in rows)
        times = [(float(start), float(end)) for start, end, _ in rows]
        assert times[0][0] == 0
        assert times[-1][1] == pytest.approx(x.seconds, abs=1e-6)
        assert all(a[1] == b[0] for a, b in pairwise(times))
        assert len({label for *_, label in rows}) <= count
    numbers = [int(line.split("\t")[2]) for line in lines]
    assert set(numbers) == set(x.selected.tolist())


def test_the_pdf_has_its_fonts_inside_and_says_what_it_shows(x, tmp_path):
    x.save(tmp_path / "clip.pdf")
    document = pypdf.PdfReader(tmp_path / "clip.pdf")
    (page,) = document.pages
    text = " ".join(page.extract_text().split())
    for said in (
        "Zoë's <i>clip</i> $5.wav",
        "T = 2.99 s",
        "model tiny",
        f"{x.probabilities[0]:.3f}",
    ):
        assert said in text
    assert "about 6 right (62 ± 4 %" in text
    resources: Any = page["/Resources"]
    fonts = [font.get_object() for font in resources["/Font"].get_object().values()]
    assert fonts
    for font in fonts:
        assert font["/Subtype"] == "/Type0"  # with TrueType below it, not Type 3
        (below,) = font["/DescendantFonts"]
        assert "/FontFile2" in below.get_object()["/FontDescriptor"].get_object()
    assert "/CreationDate" not in (document.metadata or {})
    width = float(page.mediabox.width) / 72
    assert width == pytest.approx(7, abs=0.01)


def test_the_pdf_rendered_is_the_picture_of_the_png(x):
    figure = x.figure()
    printed = figures.write(figure, "pdf")
    drawn = Image.open(io.BytesIO(figures.write(figure, "png"))).convert("RGB")
    with pypdfium2.PdfDocument(printed) as document:
        assert len(document) == 1
        scale: Any = figures.DPI / 72
        rendered = document[0].render(scale=scale).to_pil().convert("RGB")
    # As wide and as tall to a pixel.
    assert rendered.size == pytest.approx(drawn.size, abs=1)
    colours = np.asarray(rendered)[::7, ::7].reshape(-1, 3)
    assert len(np.unique(colours, axis=0)) > 100
    small = (210, round(210 * drawn.height / drawn.width))
    both = [
        np.asarray(image.resize(small, Image.Resampling.BOX), float) for image in (rendered, drawn)
    ]
    assert np.abs(both[0] - both[1]).mean() < 4  # of 255: letters are set a little differently
    # The heatmap is there, and each of its cells is the darker, the more attention it stands for.
    (left, bottom), (right, top) = figure.axes[1].get_position().get_points()
    p, n = x.attention.shape
    at = left + (right - left) * (np.arange(p) + 0.5) / p
    down = 1 - top + (top - bottom) * (np.arange(n) + 0.5) / n
    for image in (rendered, drawn):
        rows, columns = (down * image.height).astype(int), (at * image.width).astype(int)
        light = np.asarray(image.convert("L"), float)[np.ix_(rows, columns)]
        assert np.ptp(light) > 150
        assert np.corrcoef(light.ravel(), x.attention.T.ravel())[0, 1] < -0.95


def test_the_svg_is_xml_without_fonts_or_dates(x, tmp_path):
    x.save(tmp_path / "clip.svg", columns=1)
    root = ElementTree.parse(tmp_path / "clip.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(3.4 * 72, abs=1)
    text = (tmp_path / "clip.svg").read_text("utf-8")
    assert "<text" not in text  # letters are drawn
    assert "<dc:date>" not in text


def test_the_png_is_sharp_in_print_and_shows_the_attention(x, tmp_path):
    x.save(tmp_path / "clip.png")
    image = Image.open(tmp_path / "clip.png")
    assert image.width == 2100
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    pixels = np.asarray(image.convert("RGB"))[::7, ::7].reshape(-1, 3)
    assert len(np.unique(pixels, axis=0)) > 100


def test_the_same_figure_is_the_same_file(x):
    first, second = figures.draw(x, 1), figures.draw(x, 1)
    for kind in ("png", "svg", "pdf"):
        assert figures.write(first, kind, 50) == figures.write(second, kind, 50)


def test_a_figure_leaves_pyplot_and_its_settings_alone(x):
    import matplotlib
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    figure = x.figure()
    figures.write(figure, "pdf")
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []
    assert figure.get_size_inches()[0] == 7


def test_nothing_in_a_figure_lies_outside_of_it(x):
    """Ten long labels, a long name, many muted: still all inside, at both widths."""
    random = np.random.default_rng(0)
    wide = Explanation(
        labels=tuple(f"language number {k}" for k in range(10)),
        attention=random.dirichlet(np.ones(40), 50),
        votes=random.dirichlet(np.ones(10), (50, 40)),
        seconds=1.25,
        name="a name " * 20,
        model="tiny",
        score=x.score,
    ).without(range(0, 40, 2))
    for columns in (1, 2):
        figure = wide.figure(columns)
        figure.draw_without_rendering()
        inside = figure.bbox.padded(2)
        boxes = [figure.get_tightbbox().transformed(figure.dpi_scale_trans)]
        boxes += [legend.get_window_extent() for legend in figure.legends]
        for box in boxes:
            assert inside.x0 <= box.x0
            assert inside.y0 <= box.y0
            assert box.x1 <= inside.x1
            assert box.y1 <= inside.y1


def test_without_a_waveform_there_is_no_lane_for_it(x):
    assert len(x.figure().axes) == len(replace(x, envelope=None).figure().axes) + 1
    assert "waveform" not in caption.caption(replace(x, envelope=None))


def test_the_caption_names_who_is_muted(x):
    assert "without classifiers 3 17" in caption.caption(x.without([17]).without([3]))
    assert "without" not in caption.caption(x)


def test_a_figure_of_three_columns_is_a_sentence(x):
    with pytest.raises(CabcnnError, match="1 or 2 columns"):
        x.figure(3)


def test_a_notebook_gets_a_picture_and_one_line(x):
    data, size = x._repr_png_()
    image = Image.open(io.BytesIO(data))
    assert image.width == pytest.approx(2 * size["width"], abs=2)
    assert len(repr(x)) < 200
    assert f"{x.probabilities[0]:.3f}" in repr(x)


def test_plotly_gets_the_numbers(x):
    figure = x.plot()
    heatmap = next(trace for trace in figure.data if trace.type == "heatmap")
    np.testing.assert_allclose(heatmap.z, x.attention.T, atol=1e-6)
    np.testing.assert_allclose(heatmap.customdata[..., 3:].sum((0, 1)), x.probabilities, atol=1e-4)
    so_far = [trace for trace in figure.data if trace.legendgroup and not trace.stackgroup]
    np.testing.assert_allclose([trace.y[-1] for trace in so_far], x.probabilities, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "muted", "expected"),
    [
        ("clip.wav", (), "clip-tiny-2.99s"),
        ("clip.wav", (3, 17), "clip-tiny-2.99s-without-3-17"),
        ("../../etc/passwd", (), "passwd-tiny-2.99s"),
        ("a b:c*?.wav", (), "a-b-c-tiny-2.99s"),
        ("…", (), "clip-tiny-2.99s"),
        ("", (), "clip-tiny-2.99s"),
        (f"{'x' * 200}.wav", (), f"{'x' * 80}-tiny-2.99s"),
        (f"{'語' * 80}.wav", (), f"{'語' * 26}-tiny-2.99s"),  # three bytes each
    ],
)
def test_names_of_files_are_safe_and_tell_what_is_in_them(x, name, muted, expected):
    assert formats.stem(replace(x, name=name).without(muted)) == expected


def test_a_clip_whose_name_is_in_no_encoding_does_not_cost_the_others(x, tmp_path):
    path = tmp_path / "all.zip"
    with zip_file.writing(path, [".json"]) as zipped:
        zipped.fail("b\udcff.wav", "rename the file")
        zipped.add(x)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 2
        summary = archive.read("summary.csv").decode()
    assert "b\\udcff.wav" in summary
    files.write_json(tmp_path / "named.json", ["b\udcff.wav"])
    assert json.loads((tmp_path / "named.json").read_bytes()) == ["b\udcff.wav"]


def test_equal_pictures_on_the_page_and_on_paper():
    """The class colours, dashes and scale are those of the page's own palette."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed.")
    script = (
        "import('./cabcnn/views/shared/palette.js').then((p) => {"
        "const s = p.sequential(false);"
        "console.log(JSON.stringify([Array.from({length: 10}, (_, k) => p.classColour(k, false)),"
        "p.DASHES, Array.from({length: 17}, (_, j) => s[Math.round((j * 255) / 16)])]))})"
    )
    done = subprocess.run(
        [node, "-e", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    colours, dashes, scale = json.loads(done.stdout)
    assert tuple(colours) == palette.CLASSES
    assert tuple(map(tuple, dashes)) == palette.DASHES
    packed = [int.from_bytes(bytes.fromhex(colour[1:]), "little") for colour in palette.ATTENTION]
    assert packed == [colour & 0xFFFFFF for colour in scale]
