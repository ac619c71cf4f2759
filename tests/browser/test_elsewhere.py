"""What reaches an agent who looks elsewhere: notifications, sounds, badges, the installed app, and a connection that comes and goes."""

from __future__ import annotations

import contextlib
import re
from itertools import pairwise
from typing import Any

import httpx
import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser.conftest import PHONE, Sit
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser

# A page's sounds, counted where they leave it.
COUNT_SOUNDS = """
window.heard = [];
window.AudioContext = class {
  state = "running"; currentTime = 0; destination = {};
  resume() { return Promise.resolve(); }
  createOscillator() { return { frequency: {}, connect: (next) => next, start: () => window.heard.push(performance.now()), stop() {} }; }
  createGain() { return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next) => next }; }
};
"""


def open_and_take(page: Page) -> None:
    page.locator(".conversation-row").first.click()
    page.get_by_role("button", name="Tomar").first.click()
    page.locator("#desk-composer").wait_for()


def worker_says(page: Page, script: str, argument: Any = None) -> Any:
    """Run something in the service worker's own world."""
    wait_until(lambda: page.context.service_workers, what="a service worker")
    return page.context.service_workers[0].evaluate(script, argument)


def ready(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    wait_until(lambda: page.evaluate("navigator.serviceWorker.controller !== null"), what="the worker's control")


PUSHED = """(message) => {
  const event = new PushEvent("push", { data: JSON.stringify(message) });
  return new Promise((resolve) => {
    event.waitUntil = (work) => resolve(Promise.resolve(work).then(() => true));
    self.dispatchEvent(event);
  });
}"""
SHOWN = "self.registration.getNotifications().then((all) => all.map((one) => ({tag: one.tag, title: one.title, body: one.body, data: one.data})))"


@pytest.mark.shows("001-02", "P0-38", "004-35")
def test_the_first_entry_asks_for_what_this_device_may_do_and_can_be_asked_again(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana", first_entry=True)
    ana.get_by_role("button", name="Revisar permisos").click()
    dialog = ana.get_by_role("dialog", name="Avisos y permisos")
    for name in ("Avisos", "Micrófono", "Ubicación", "Cámara"):
        item = dialog.get_by_role("listitem").filter(has=ana.get_by_text(name, exact=True))
        expect(item.locator("p").first).not_to_be_empty()
        expect(item.get_by_role("button", name=f"Permitir: {name}")).to_be_visible()
    ana.context.grant_permissions(["geolocation"])
    ana.context.set_geolocation({"latitude": -25.28, "longitude": -57.63})
    # Whatever changes a permission, here or in the browser's own settings, is shown at once.
    expect(dialog.locator("li", has_text="Ubicación").get_by_text("Permitido")).to_be_visible()
    dialog.get_by_role("button", name="Listo").click()
    expect(dialog).to_be_hidden()
    ana.reload()
    ana.get_by_text("Conectado", exact=True).wait_for()
    expect(ana.get_by_role("button", name="Revisar permisos")).to_be_hidden()
    # It works without: and it is found again in the account's menu.
    ana.get_by_role("button", name=re.compile("Cuenta")).click()
    ana.get_by_role("link", name="Avisos y permisos").click()
    expect(ana.get_by_role("dialog", name="Avisos y permisos")).to_be_visible()


@pytest.mark.shows("P0-38", "001-02")
def test_a_blocked_permission_says_how_to_unblock_it_with_a_picture(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana", first_entry=True)
    ana.evaluate(
        "() => { const query = navigator.permissions.query.bind(navigator.permissions);"
        " navigator.permissions.query = (asked) => asked.name === 'camera' ? Promise.resolve({state: 'denied'}) : query(asked); }"
    )
    ana.get_by_role("button", name="Revisar permisos").click()
    dialog = ana.get_by_role("dialog", name="Avisos y permisos")
    expect(dialog.get_by_text("Bloqueado")).to_be_visible()
    expect(dialog.get_by_role("heading", name="Cómo desbloquearlo")).to_be_visible()
    expect(dialog.get_by_role("img", name=re.compile("barra de direcciones"))).to_be_visible()
    expect(dialog.get_by_role("button", name="Permitir: Cámara")).to_be_hidden()


# Playwright keeps every page focused; to the worker, this browser's windows are behind another program's.
LOOKS_ELSEWHERE = """() => {
  const all = self.clients.matchAll.bind(self.clients);
  self.opened = [];
  self.clients.matchAll = async (options) => (await all(options)).map((one) => ({
    url: one.url, focused: false, visibilityState: "hidden", postMessage: (told) => one.postMessage(told), focus: async () => self.opened.push("focus"),
  }));
}"""


@pytest.mark.shows("P0-38", "S59", "004-34")
def test_a_push_shows_one_notification_per_conversation_opens_it_and_goes_when_it_is_read(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    ana = sit_down("ana", permissions=["notifications"])
    stack.write("Hola")
    ana.locator(".conversation-row").wait_for()
    ready(ana)
    conversation = int(re.search(r"c=(\d+)", ana.locator(".conversation-row").get_attribute("href") or "").group(1))  # type: ignore[union-attr]
    message = {"kind": "news", "conversation": conversation, "title": "Nuevo mensaje"}
    # Whoever has the desk before them sees it there.
    worker_says(ana, PUSHED, message)
    assert worker_says(ana, SHOWN) == []

    worker_says(ana, LOOKS_ELSEWHERE)
    for _twice in range(2):
        worker_says(ana, PUSHED, message)
    shown = worker_says(ana, SHOWN)
    assert [each["tag"] for each in shown] == [f"conversation-{conversation}"]
    assert (shown[0]["title"], shown[0]["body"]) == ("Nuevo mensaje", "")
    # Pressed: the desk that is open goes there, no second one comes.
    worker_says(
        ana,
        """async () => { const [one] = await self.registration.getNotifications();
          const event = new NotificationEvent("notificationclick", { notification: one });
          await new Promise((resolve) => { event.waitUntil = (work) => work.then(resolve, resolve); self.dispatchEvent(event); }); }""",
    )
    ana.wait_for_url(re.compile(rf"c={conversation}"))
    assert worker_says(ana, "() => self.opened") == ["focus"]
    assert worker_says(ana, SHOWN) == []

    worker_says(ana, PUSHED, message)
    assert len(worker_says(ana, SHOWN)) == 1
    # Read on another device: the notification here goes by itself.
    luis = stack.login("ana")
    assert luis.put(f"/api/v1/conversations/{conversation}/assignment/", json={}).status_code == 200
    wait_until(lambda: worker_says(ana, SHOWN) == [], what="the notification's end, once read")
    # Chromium itself says that a window without a profile has no push service.
    complaints.clear()


# A window without a profile has no push service: as if it had one.
SUBSCRIBED = """
const subscription = { endpoint: "https://fcm.googleapis.com/fcm/send/x", options: { applicationServerKey: new ArrayBuffer(0) },
  toJSON: () => ({ endpoint: "https://fcm.googleapis.com/fcm/send/x", keys: { p256dh: "x", auth: "y" } }), unsubscribe: async () => true };
PushManager.prototype.subscribe = PushManager.prototype.getSubscription = async () => subscription;
"""


@pytest.mark.shows("P0-38", "004-35")
def test_a_test_notification_is_asked_for_and_says_whether_it_arrived(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    ana = sit_down("ana", permissions=["notifications"])
    ready(ana)
    ana.context.add_init_script(SUBSCRIBED)
    asked: list[Any] = []

    def keep(route: Route) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(status=204)

    ana.route("**/me/push-test/", keep)
    ana.route("**/me/push-subscription/", lambda route: route.fulfill(status=204) if route.request.method == "PUT" else route.continue_())  # fmt: skip
    ana.goto(f"{stack.url}/?tray=pending#device")
    dialog = ana.get_by_role("dialog", name="Avisos y permisos")
    dialog.get_by_role("button", name="Enviar un aviso de prueba").click()
    expect(dialog.get_by_text("En camino…")).to_be_visible()
    wait_until(lambda: asked or ana.wait_for_timeout(20), what="the question")
    assert asked[0]["endpoint"].startswith("https://fcm.googleapis.com/")
    # Also to who has the desk before them: it is what they asked for.
    worker_says(ana, PUSHED, {"kind": "test", "title": "Prueba"})
    expect(dialog.get_by_text(re.compile("^Llegó"))).to_be_visible()
    assert [each["title"] for each in worker_says(ana, SHOWN)] == ["Prueba"]
    # Chromium itself says that a window without a profile has no push service.
    complaints.clear()


@pytest.mark.shows("P0-37", "P1-42")
def test_sounds_are_for_what_is_not_looked_at_batched_and_in_one_tab(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    ana.context.add_init_script(COUNT_SOUNDS)
    stack.write("Otra persona", customer="inigo")
    ana.locator(".conversation-row").wait_for()
    ana.reload()
    ana.get_by_text("Conectado", exact=True).wait_for()
    open_and_take(ana)
    stack.write("Hola")
    ana.get_by_role("tab", name=re.compile("Pendiente")).click()
    ana.locator(".conversation-row", has_text="Rocío").click()
    ana.get_by_role("button", name="Tomar").first.click()
    ana.locator("#desk-composer").wait_for()
    second = ana.context.new_page()
    second.goto(f"{stack.url}/")
    second.get_by_text("Conectado", exact=True).wait_for()
    for page in (second, ana):
        page.keyboard.press("Shift")
    heard = still_sounds(ana, second)
    for number in range(6):
        stack.write(f"Mensaje {number}")
    expect(ana.get_by_text("Mensaje 5").last).to_be_visible()
    ana.wait_for_timeout(2_500)
    assert [len(page.evaluate("window.heard")) for page in (ana, second)] == heard, "the open conversation is silent"

    for number in range(8):
        stack.write(f"De lejos {number}", customer="inigo")
        ana.wait_for_timeout(400)
    ana.wait_for_timeout(2_500)
    after = [page.evaluate("window.heard") for page in (ana, second)]
    loud = [now for now, before in zip(after, heard, strict=True) if len(now) > before]
    assert len(loud) == 1, "one tab sounds, and only one"
    # Each sound is two notes, told in one go; between two sounds lie two seconds.
    gaps = [later - earlier for earlier, later in pairwise(loud[0]) if later - earlier > 50]
    assert gaps
    assert all(gap >= 1_900 for gap in gaps), gaps


def still_sounds(*pages: Page) -> list[int]:
    """How many sounds each has made, once none has come for longer than one is held back."""
    before: list[int] = []
    while (now := [len(page.evaluate("window.heard")) for page in pages]) != before:
        before = now
        pages[0].wait_for_timeout(2_500)
    return now


@pytest.mark.shows("P0-37")
def test_each_kind_of_news_has_a_sound_and_a_volume_of_its_own(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    ana.context.add_init_script(COUNT_SOUNDS)
    ana.goto(f"{stack.url}/?tray=pending#device")
    kinds = ana.get_by_role("dialog", name="Avisos y permisos").locator(".device-sounds li")
    expect(kinds).to_have_count(3)
    heard = 0
    # By their notes they are told apart.
    for place, notes in enumerate((2, 3, 1)):
        kinds.nth(place).get_by_role("button", name=re.compile("^Escuchar")).click()
        heard += notes
        wait_until(lambda heard=heard: len(ana.evaluate("window.heard")) == heard, what=f"{notes} notes")  # type: ignore[misc]  # mypy infers no type for a lambda with a default
    for place, volume in enumerate(("30", "80", "0")):
        kinds.nth(place).get_by_role("slider").fill(volume)
    said = [re.compile(r"30\s%"), re.compile(r"80\s%"), re.compile("silencio", re.I)]
    expect(kinds.locator("output")).to_have_text(said)
    ana.reload()
    ana.goto(f"{stack.url}/?tray=attended#device")
    expect(kinds.locator("output")).to_have_text(said)


@pytest.mark.shows("P0-37")
def test_the_title_the_tabs_icon_and_the_app_say_how_many_are_unread(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    ana.evaluate("navigator.setAppBadge = (count) => { window.badge = count; return Promise.resolve(); };")
    plain = ana.locator('link[rel="icon"]').get_attribute("href")
    stack.write("Hola")
    stack.write("¿Hay alguien?", customer="inigo")
    wait_until(lambda: ana.title().startswith("(2)"), what="the title")
    wait_until(
        lambda: (ana.locator('link[rel="icon"]').get_attribute("href") or "").startswith("data:image/png"),
        what="the icon",
    )
    wait_until(lambda: ana.evaluate("window.badge") == 2, what="the app's badge")
    assert plain is not None


@pytest.mark.shows("P1-49", "P0-39")
def test_the_app_is_installable_and_says_honestly_that_there_is_no_connection(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    ana = sit_down("ana")
    address = ana.locator('link[rel="manifest"]').get_attribute("href")
    manifest = ana.evaluate("(address) => fetch(address).then((answer) => answer.json())", address)
    assert (manifest["name"], manifest["lang"], manifest["display"], manifest["start_url"]) == (
        "Ventanilla",
        "es",
        "standalone",
        "/",
    )
    purposes = {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= purposes
    for icon in manifest["icons"]:
        answer = httpx.get(stack.url + icon["src"])
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, icon["type"])
    worker = httpx.get(f"{stack.url}/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert "no-store" in worker.headers["cache-control"] or "no-cache" in worker.headers["cache-control"]
    assert "content-security-policy" in worker.headers
    ready(ana)
    stack.write("Un secreto del cliente")
    ana.locator(".conversation-row").first.click()
    expect(ana.get_by_text("Un secreto del cliente").last).to_be_visible()
    kept = ana.evaluate(
        "async () => { const all = []; for (const name of await caches.keys()) { const cache = await caches.open(name);"
        " for (const request of await cache.keys()) all.push(new URL(request.url).pathname); } return all; }"
    )
    assert "/offline/" in kept
    assert [path for path in kept if not path.startswith("/static/") and path != "/offline/"] == []
    ana.context.set_offline(True)
    ana.goto(f"{stack.url}/?tray=in_progress")
    expect(ana.get_by_role("heading", name="Sin conexión")).to_be_visible()
    expect(ana.get_by_text("ninguna se guarda en este equipo")).to_be_visible()
    expect(ana.get_by_role("button", name="Intentar ahora")).to_be_visible()
    # Where the browser notices first, the page goes back by itself.
    ana.context.set_offline(False)
    with contextlib.suppress(Error):
        ana.evaluate("document.getElementById('offline-retry')?.click()")
    expect(ana.get_by_text("Conectado", exact=True)).to_be_visible()
    complaints.clear()


@pytest.mark.shows("P1-49")
def test_a_new_version_of_the_worker_takes_over_and_leaves_nothing_old(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    ready(ana)
    ana.evaluate("caches.open('shell-000000000000').then((cache) => cache.put('/old', new Response('old')))")
    first = ana.evaluate("caches.keys()")
    # Another language is another script to the browser.
    ana.get_by_role("button", name=re.compile("Cuenta")).click()
    ana.get_by_role("button", name=re.compile("EN")).click()
    ana.get_by_text("Connected", exact=True).wait_for()
    wait_until(lambda: not set(ana.evaluate("caches.keys()")) & set(first), what="the new worker's own caches only")


@pytest.mark.shows("P1-49")
def test_what_is_shared_into_the_app_reaches_the_composer_of_the_chosen_conversation(
    stack: Stack, sit_down: Sit
) -> None:
    ana = sit_down("ana", viewport=PHONE, has_touch=True)
    stack.write("Hola")
    ana.locator(".conversation-row").wait_for()
    ready(ana)
    ana.evaluate(
        """() => { const form = document.createElement("form"); form.method = "POST"; form.action = "/share/"; form.enctype = "multipart/form-data";
          const text = document.createElement("input"); text.name = "text"; text.value = "Mira este contrato"; form.append(text);
          const file = document.createElement("input"); file.type = "file"; file.name = "files"; const kept = new DataTransfer();
          kept.items.add(new File(["%PDF-1.4 hola"], "contrato.pdf", { type: "application/pdf" })); file.files = kept.files; form.append(file);
          document.body.append(form); form.submit(); }"""
    )
    ana.wait_for_url(re.compile("shared=1"))
    expect(ana.get_by_text("Elige con qué conversación compartirlo.")).to_be_visible()
    ana.locator(".conversation-row").first.click()
    ana.get_by_role("button", name="Tomar").first.click()
    ana.get_by_role("button", name=re.compile("Compartir con")).first.click()
    expect(ana.locator("#desk-composer")).to_have_value("Mira este contrato")
    expect(ana.get_by_text("contrato.pdf")).to_be_visible()


@pytest.mark.shows("P0-39", "P1-41")
def test_what_is_written_without_a_connection_is_kept_and_sent_once_in_order_also_after_a_reload(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    ana = sit_down("ana")
    stack.write("Hola")
    open_and_take(ana)
    ready(ana)
    stack.kill("web")
    composer = ana.locator("#desk-composer")
    texts = [f"Sin conexión {number}" for number in range(3)]
    for text in texts[:2]:
        composer.fill(text)
        composer.press("Enter")
    expect(ana.get_by_text(re.compile("Reconectando|Sin conexión ·|Sin conexión$")).first).to_be_visible()
    ana.get_by_role("button", name="2 mensajes en espera").click()
    queue = ana.get_by_role("dialog", name="Por salir")
    expect(queue.locator("ol li span")).to_have_text(texts[:2])
    ana.keyboard.press("Escape")
    expect(ana.get_by_text(re.compile("Sin conexión · 2 en espera"))).to_be_visible(timeout=90_000)
    composer.fill(texts[2])
    composer.press("Enter")
    # The tab is gone; another one takes its messages over, behind the honest page.
    second = ana.context.new_page()
    ana.close()
    second.goto(f"{stack.url}/?tray=in_progress")
    expect(second.get_by_text("3 mensajes que escribiste esperan aquí")).to_be_visible()
    stack.start("web")
    expect(second.get_by_text("Conectado", exact=True)).to_be_visible(timeout=120_000)
    sent = wait_until(
        lambda: (found := [each for each in bodies(stack) if each in texts]) and len(found) >= 3 and found,
        seconds=90, what="the three messages",
    )  # fmt: skip
    assert sent == texts
    second.wait_for_timeout(2_000)
    assert [each for each in bodies(stack) if each in texts] == texts
    complaints.clear()


def bodies(stack: Stack) -> list[str]:
    """What the provider was asked to send, in its order."""
    return [each["text"] for each in stack.simulator("GET", "/control/sent")["messages"]]
