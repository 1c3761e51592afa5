"""Speaking into the Live tab, in real Chromium with a microphone that is fed from a file."""

from __future__ import annotations

import base64
import io
from urllib.parse import urlparse

import numpy as np
import pytest
import soundfile

from cabcnn.ui.live.route import PATH

pytestmark = pytest.mark.browser

GRADIOS = "/gradio_api/component_server/"
SHOWN = ".cav[data-state=ready]"

# Keeps what the microphone's worklet gives to the page: `window.gave()`, base64 of floats.
TAPPED = """() => {
    const gave = [];
    window.AudioWorkletNode = class extends window.AudioWorkletNode {
        constructor(...given) {
            super(...given);
            this.port.addEventListener("message", ({ data }) => data && gave.push(data));
        }
    };
    window.gave = () => {
        const bytes = gave.flatMap((floats) => Array.from(new Uint8Array(floats.buffer)));
        let text = "";
        for (const byte of bytes) text += String.fromCharCode(byte);
        return btoa(text);
    };
}"""


def to_live(page) -> None:
    page.get_by_role("tab", name="Live").click()
    page.wait_for_selector(".clv-go", state="visible")
    page.wait_for_selector(".clv-bars li")


def posts(page) -> list[str]:
    """The addresses of all that the page will have sent from now on."""
    sent = []
    page.on("request", lambda one: one.method == "POST" and sent.append(urlparse(one.url).path))
    return sent


def number(page, name: str) -> int:
    return int(page.get_attribute(".clv", f"data-{name}") or 0)


def wait_for(page, name: str, at_least: int) -> None:
    page.wait_for_function(
        "([name, least]) => Number(document.querySelector('.clv').dataset[name] ?? 0) >= least",
        arg=[name, at_least],
    )


def is_played(response) -> bool:
    return response.url.endswith(".wav")


def stop_and_open(page) -> tuple[np.ndarray, int]:
    """Stops; returns the samples that Explore then plays, and their rate."""
    with page.expect_response(is_played) as answer:
        page.get_by_role("button", name="Stop").click()
        page.locator(".cav-clip", has_text="Live recording").wait_for()
        page.wait_for_selector(SHOWN, state="visible")
    return soundfile.read(io.BytesIO(page.request.get(answer.value.url).body()))


def test_speak_see_stop_and_find_it_in_explore(open_page, likeness_to_spoken):
    page = open_page()
    page.evaluate(TAPPED)
    sent = posts(page)
    to_live(page)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".clv[data-state=listening]")
    wait_for(page, "painted", 60)
    assert GRADIOS not in sent
    assert "%" in page.inner_text(".clv-chance")
    lanes = page.evaluate(
        "[...document.querySelectorAll('.clv-plot canvas')].map((canvas) => canvas.toDataURL())"
    )
    assert len(set(lanes)) == 5
    wait_for(page, "painted", number(page, "painted") + 20)  # it moves on
    page.click("#model input")
    page.get_by_role("option", name="digit").click()  # all is heard again by another model
    page.wait_for_function("() => document.querySelectorAll('.clv-bars li').length === 10")
    clip = page.locator(".cav-clip", has_text="Spoken digits")  # Explore's example follows too
    clip.wait_for(state="attached")
    wait_for(page, "intervals", 90)
    heard, rate = stop_and_open(page)
    assert number(page, "have") == number(page, "samples")
    # A model of spoken digits hears no more than 10 s, on a slow machine less than was spoken.
    assert len(heard) == min(number(page, "samples"), 10 * rate)
    page.wait_for_selector(f'{SHOWN}[data-m="10"]')
    # What opens is what the microphone gave, sample by sample,
    gave = np.frombuffer(base64.b64decode(page.evaluate("() => window.gave()")), "<f4")
    wanted = np.rint(gave[: len(heard)] * 32768).clip(-32768, 32767)
    np.testing.assert_allclose(heard * 32768, wanted, atol=1.01)  # halves are rounded
    # and as loud and clear as it was spoken.
    likeness, gain = likeness_to_spoken(heard, rate)
    assert likeness > 0.9
    assert 0.9 < gain < 1.1


def test_where_another_program_serves_the_page_sound_goes_by_gradio(troubled_page):
    page = troubled_page
    page.route(f"**{PATH}", lambda asked: asked.fulfill(status=404))
    sent = posts(page)
    to_live(page)
    page.get_by_role("button", name="Start").click()
    wait_for(page, "painted", 20)
    heard, _ = stop_and_open(page)
    assert sent.count(PATH) == 1
    assert GRADIOS in sent
    assert len(heard) == number(page, "samples")


def test_the_network_goes_and_comes_back_and_nothing_is_lost(troubled_page):
    page = troubled_page
    to_live(page)
    page.get_by_role("button", name="Start").click()
    wait_for(page, "painted", 20)
    page.context.set_offline(True)
    page.wait_for_selector(".clv[data-connection=lost]")
    assert "nothing is lost" in page.inner_text(".clv-sentence")
    before = number(page, "have")
    wait_for(page, "samples", number(page, "samples") + 48_000)  # it goes on recording
    assert number(page, "have") == before
    page.context.set_offline(False)
    wait_for(page, "have", before + 2 * 48_000)
    page.wait_for_selector(".clv[data-connection='']")
    page.locator(".clv-sentence", has_text="nothing was lost").wait_for()
    heard, _ = stop_and_open(page)
    assert len(heard) == number(page, "samples") == number(page, "have")
    assert len(heard) > before + 2 * 48_000


def test_a_microphone_that_is_denied_missing_asleep_or_unplugged_is_a_clear_state(open_page):
    page = open_page()
    to_live(page)
    page.evaluate(
        """() => {
            const devices = navigator.mediaDevices;
            const open = devices.getUserMedia.bind(devices);
            const refuse = (name) => async () => { throw new DOMException("No", name); };
            window.refuse = (name) => { devices.getUserMedia = name ? refuse(name) : open; };
            const opened = [];
            window.unplug = () => opened.at(-1).dispatchEvent(new Event("ended"));
            const { createMediaStreamSource } = AudioContext.prototype;
            AudioContext.prototype.createMediaStreamSource = function (stream) {
                opened.push(stream.getAudioTracks()[0]);
                window.context = this;
                return createMediaStreamSource.call(this, stream);
            };
        }"""
    )
    for name, advice in (("NotAllowedError", "Allow it"), ("NotFoundError", "Plug one in")):
        page.evaluate("name => window.refuse(name)", name)
        page.get_by_role("button", name="Start").click()
        page.locator(".clv-trouble", has_text=advice).wait_for()
        assert page.get_attribute(".clv", "data-state") == "ready"
    page.evaluate("() => window.refuse('')")
    page.get_by_role("button", name="Start").click()
    wait_for(page, "painted", 20)
    assert page.locator(".clv-trouble").is_hidden()
    page.evaluate(
        """() => {
            window.context.resume = async () => {};  // as a telephone call would have it
            window.context.suspend();
        }"""
    )
    page.locator(".clv-sentence", has_text="asleep").wait_for()
    asleep = number(page, "samples")
    page.wait_for_timeout(1_500)
    page.evaluate(
        """() => {
            delete window.context.resume;
            document.dispatchEvent(new Event("visibilitychange"));  // the tab is looked at again
        }"""
    )
    page.locator(".clv-sentence", has_text="No sound came for").wait_for()
    wait_for(page, "samples", asleep + 24_000)
    page.evaluate("() => window.unplug()")
    page.wait_for_selector(SHOWN, state="visible")  # what it had heard is kept, and opened
    page.get_by_role("tab", name="Live").click()
    assert "microphone is gone" in page.inner_text(".clv-sentence")
    page.evaluate(
        """() => {
            const devices = navigator.mediaDevices;
            const open = devices.getUserMedia;
            devices.getUserMedia = async (...asked) => {
                await new Promise((answer) => { window.allow = answer; });
                devices.getUserMedia = open;
                return (window.stream = await open(...asked));
            };
        }"""
    )
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".clv[data-state=asking]")
    page.get_by_role("tab", name="About the model").click()  # left before the browser allows it
    page.evaluate("() => window.allow()")
    page.wait_for_selector(".clv[data-state=ready]", state="attached")
    assert page.evaluate("() => window.stream.getTracks().every((t) => t.readyState === 'ended')")
    page.get_by_role("tab", name="Live").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".clv[data-state=listening]")
    wait_for(page, "painted", 20)
    page.get_by_role("tab", name="About the model").click()  # leaving stops it
    page.wait_for_selector(".clv[data-state=held]", state="attached")
    page.get_by_role("tab", name="Live").click()
    page.get_by_role("button", name="Open in Explore").click()
    page.wait_for_selector(".clv[data-state=ready]", state="attached")
    page.wait_for_selector(SHOWN, state="visible")


def test_a_muted_microphone_gets_no_verdict(open_page):
    page = open_page()
    to_live(page)
    page.evaluate(
        """() => {
            navigator.mediaDevices.getUserMedia = async () => {
                const { stream } = new AudioContext().createMediaStreamDestination();
                return stream;
            };
        }"""
    )
    page.get_by_role("button", name="Start").click()
    page.locator(".clv-sentence", has_text="Is it muted?").wait_for()
    wait_for(page, "intervals", 20)
    assert page.inner_text(".clv-predicted") == "–"
    page.get_by_role("button", name="Stop").click()
    page.locator(".clv-trouble", has_text="gave no sound").wait_for()
    assert page.get_attribute(".clv", "data-state") == "ready"


def test_a_phone_in_the_dark_without_motion(open_page):
    page = open_page(390, 844, has_touch=True, is_mobile=True, color_scheme="dark",
                     reduced_motion="reduce")  # fmt: skip
    to_live(page)
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    wait_for(page, "painted", 20)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Stop").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(SHOWN, state="visible")
