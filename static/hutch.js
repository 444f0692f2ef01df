// What neither htmx nor HTML can do, and nothing that a page needs to work: hints
// next to a field, showing a password, the focus after a navigation, a notice when
// the site is unreachable, a gallery's large images, closing a menu, changing colours
// without a reload. All texts come from the page.

// What only works with a script waits in a template. Puts it where it belongs, at the end of
// its element or after a part of it, and reports whether there was any.
function unfold(element, part) {
  const template = element.querySelector("template")
  if (!template) return false
  if (part) part.after(template.content)
  else element.append(template.content)
  template.remove()
  return true
}

// ---- Fields

// Mail providers that are often mistyped, and similar names that must not be corrected.
const mailDomains = [
  "gmail.com", "googlemail.com", "outlook.com", "outlook.de", "hotmail.com", "hotmail.de", "hotmail.fr", "hotmail.co.uk",
  "live.com", "live.de", "msn.com", "yahoo.com", "yahoo.de", "yahoo.fr", "yahoo.co.uk", "ymail.com", "icloud.com", "me.com",
  "mac.com", "aol.com", "aol.de", "proton.me", "protonmail.com", "pm.me", "fastmail.com", "hey.com", "mail.com", "email.com",
  "gmx.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "posteo.de", "mailbox.org",
  "tutanota.com", "orange.fr", "free.fr", "libero.it", "comcast.net", "yandex.ru", "mail.ru", "qq.com",
]

// A field shows an error once the visitor has left it with an impossible value, and
// removes it as soon as the value is possible. The server checks more, and again.
class FormField extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input, textarea, select")
    this.input.addEventListener("change", () => whenReleased(() => this.left()))
    this.input.addEventListener("input", () => this.takeBack())
    this.addOffer()
    this.addReveal()
  }

  left() {
    const wrong = this.wrong()
    if (wrong) this.say(wrong)
    this.takeBack()
    this.offer(wrong ? "" : correctedAddress(this.input.value))
  }

  // Returns what is wrong, or "". An empty field has not been filled in yet.
  wrong() {
    const { value, minLength } = this.input
    if (value === "") return ""
    if (this.dataset.misshapen && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value.trim())) return this.dataset.misshapen
    if (this.dataset.short && [...value].length < minLength) return this.dataset.short
    return ""
  }

  // Errors from the server stay until the form is sent again.
  takeBack() {
    const said = this.querySelector(".error")?.dataset.said
    if (said && [this.dataset.misshapen, this.dataset.short].includes(said) && !this.wrong()) this.say("")
  }

  say(sentence) {
    const id = this.input.id + "-error"
    this.querySelector(".error")?.remove()
    const described = new Set((this.input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean))
    described.delete(id)
    this.input.setAttribute("aria-invalid", sentence ? "true" : "false")
    if (sentence) {
      const error = document.createElement("p")
      const prefix = document.createElement("span")
      error.id = id
      error.className = "error"
      error.dataset.said = sentence
      prefix.className = "visually-hidden"
      prefix.textContent = this.dataset.error
      error.append(prefix, " ", sentence)
      this.querySelector(".control").before(error)
      described.add(id)
    }
    if (described.size) this.input.setAttribute("aria-describedby", [...described].join(" "))
    else this.input.removeAttribute("aria-describedby")
  }

  // Present from the start, so that screen readers announce what is added later.
  addOffer() {
    if (!this.dataset.didYouMean) return
    this.suggestion = document.createElement("p")
    this.suggestion.className = "suggestion"
    this.suggestion.setAttribute("role", "status")
    this.append(this.suggestion)
  }

  // Offers the address with the mail domain that was probably meant.
  offer(address) {
    if (!this.suggestion) return
    this.suggestion.replaceChildren()
    if (!address) return
    const button = document.createElement("button")
    button.type = "button"
    button.className = "link"
    button.textContent = address
    button.addEventListener("click", () => {
      this.input.value = address
      this.suggestion.replaceChildren()
      this.input.focus()
    })
    const [before, after] = this.dataset.didYouMean.split("%s")
    this.suggestion.append(before, button, after)
  }

  // Lets visitors show their password. Only one of the two buttons is visible.
  addReveal() {
    if (!unfold(this, this.input)) return
    const [show, hide] = this.querySelectorAll(".reveal")
    show.addEventListener("click", () => { this.reveal(true); hide.focus() })
    hide.addEventListener("click", () => { this.reveal(false); show.focus() })
    // Browsers offer to save only values submitted from a password input.
    this.input.form.addEventListener("submit", () => this.reveal(false))
  }

  reveal(shown) {
    const [show, hide] = this.querySelectorAll(".reveal")
    this.input.type = shown ? "text" : "password"
    show.hidden = shown
    hide.hidden = !shown
    this.input.form.querySelector("show-passwords button")?.setAttribute("aria-pressed", shown) // a team's own form may have none
  }
}
customElements.define("form-field", FormField)

// Tab leads from a password straight to the button that sends it. Those who use the
// keyboard find a button for showing passwords after that one, visible while it has the
// focus.
class ShowPasswords extends HTMLElement {
  connectedCallback() {
    if (!unfold(this)) return
    const button = this.querySelector("button")
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") === "false"
      for (const field of button.form.querySelectorAll("form-field:has(.reveal)")) field.reveal(shown)
    })
  }
}
customElements.define("show-passwords", ShowPasswords)

// Defers layout changes until no mouse button or finger is down: a button that moves
// away from under it would not be clicked.
let held = false
addEventListener("pointerdown", () => { held = true }, true)
for (const release of ["pointerup", "pointercancel"]) addEventListener(release, () => { held = false }, true)

function whenReleased(run) {
  if (held) addEventListener("pointerup", () => setTimeout(run), { once: true, capture: true })
  else run()
}

function correctedAddress(address) {
  const [, name, domain] = address.trim().match(/^([^\s@]+)@([^\s@]+)$/) ?? []
  if (!domain || mailDomains.includes(domain.toLowerCase())) return ""
  const meant = mailDomains.find(known => distance(known, domain.toLowerCase()) === 1)
  return meant ? name + "@" + meant : ""
}

// Damerau-Levenshtein distance: how many letters must be inserted, deleted, replaced
// or swapped with their neighbour to turn one word into the other.
function distance(a, b) {
  const d = Array.from({ length: a.length + 1 }, (_, i) => [i])
  for (let j = 0; j <= b.length; j++) d[0][j] = j
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      d[i][j] = Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1)
    }
  }
  return d[a.length][b.length]
}

// ---- Galleries

// Shows the large image of a link in a dialog, and from there its neighbours. Keys
// that do something else with a link still do.
class ImageGallery extends HTMLElement {
  constructor() {
    super()
    this.addEventListener("click", event => {
      const link = event.target.closest("li a")
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      this.links = [...this.querySelectorAll("li a")]
      this.dialog ??= this.build()
      this.show(this.links.indexOf(link))
      this.dialog.showModal()
    })
  }

  build() {
    this.append(this.querySelector("template").content.cloneNode(true))
    const dialog = this.querySelector("dialog")
    this.image = document.createElement("img")
    dialog.querySelector("figure").prepend(this.image)
    const turn = step => this.show((this.at + step + this.links.length) % this.links.length)
    dialog.querySelector(".turn").hidden = this.links.length < 2
    dialog.querySelector(".previous").addEventListener("click", () => turn(-1))
    dialog.querySelector(".next").addEventListener("click", () => turn(1))
    dialog.querySelector(".close").addEventListener("click", () => dialog.close())
    dialog.addEventListener("click", event => { if ([dialog, this.image.parentElement].includes(event.target)) dialog.close() })
    dialog.addEventListener("keydown", event => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return
      event.preventDefault() // the page behind would scroll
      turn((event.key === "ArrowRight") === (getComputedStyle(dialog).direction === "ltr") ? 1 : -1)
    })
    dialog.addEventListener("close", () => this.links[this.at].focus())
    return dialog
  }

  show(at) {
    this.at = at
    // The small image is here already, and the large one may take seconds to be made.
    const small = this.links[at].querySelector("img"), large = new Image()
    Object.assign(this.image, { src: small.currentSrc || small.src, alt: small.alt, lang: small.lang })
    this.dialog.querySelector("figcaption").textContent = small.alt
    const unavailable = this.dialog.querySelector(".unavailable")
    unavailable.textContent = ""
    large.src = this.links[at].href
    large.decode().then(
      () => { if (this.at === at) this.image.src = large.src },
      () => { if (this.at === at) unavailable.textContent = unavailable.dataset.says },
    )
    const position = this.dialog.querySelector("[role=status]")
    position.textContent = position.dataset.says.replace("%s", at + 1)
    new Image().src = this.links[(at + 1) % this.links.length].href // is at hand when it is wanted
  }
}
customElements.define("image-gallery", ImageGallery)

// ---- Rows that scroll

// On a phone, what the keyboard leads to in a row of links comes into sight, and at first the
// page that one is on. What is pressed stays under the finger, or it would not be clicked.
class ScrolledRow extends HTMLElement {
  connectedCallback() {
    this.show(this.querySelector("[aria-current]"))
    this.addEventListener("focusin", ({ target }) => { if (target.matches(":focus-visible")) this.show(target) })
  }

  show(link) {
    if (!link) return
    const row = this.getBoundingClientRect(), box = link.getBoundingClientRect()
    this.scrollLeft += box.left + box.width / 2 - row.left - row.width / 2
  }
}
customElements.define("scrolled-row", ScrolledRow)

// ---- Copying and printing

// Has the element's button copy a text, and the element say what came of it. Browsers have
// no clipboard for a site without HTTPS, and may refuse theirs.
function copies(element, text) {
  element.querySelector(".copy").addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(text()).then(() => true, () => false)
    element.querySelector("[role=status]").textContent = copied ? element.dataset.copied : element.dataset.failed
  })
}

// Adds buttons that copy the text of an element, line by line, and print the page.
class CopyText extends HTMLElement {
  connectedCallback() {
    if (!unfold(this)) return
    copies(this, () => {
      const from = document.getElementById(this.dataset.from)
      return [...from.querySelectorAll("li")].map(line => line.textContent.trim()).join("\n") || from.textContent
    })
    this.querySelector(".print")?.addEventListener("click", () => print())
  }
}
customElements.define("copy-text", CopyText)

// Adds a button that shares the page as phones do, or else one that copies its address.
class SharePage extends HTMLElement {
  connectedCallback() {
    if (!unfold(this)) return
    const share = this.querySelector(".share"), copy = this.querySelector(".copy")
    const address = document.querySelector("link[rel=canonical]")?.href ?? location.href
    const shares = navigator.share && matchMedia("(pointer: coarse)").matches
    copies(this, () => address)
    ;(shares ? copy : share).remove()
    share.addEventListener("click", () => navigator.share({ title: document.title, url: address }).catch(() => {})) // who changes their mind is told nothing
  }
}
customElements.define("share-page", SharePage)

// ---- Waiting

// Counts down how long it is until a form can be sent, whose button waits as well.
class WaitOver extends HTMLElement {
  connectedCallback() {
    const until = Date.now() + 1000 * this.dataset.seconds
    const button = this.closest("form").querySelector("[type=submit]")
    const says = this.querySelector("p"), over = this.querySelector("[role=status]")
    const tell = () => {
      const left = Math.ceil((until - Date.now()) / 1000)
      button.disabled = left > 0
      if (left > 0) {
        says.textContent = this.dataset.left.replace("%s", Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0"))
        return
      }
      clearInterval(this.timer)
      says.remove()
      over.textContent = this.dataset.over
    }
    this.timer = setInterval(tell, 1000)
    tell()
  }

  disconnectedCallback() { clearInterval(this.timer) }
}
customElements.define("wait-over", WaitOver)

// ---- Clearing a search

// Without a script the link leads to the page without a search. Here it empties the field,
// in which one goes on typing.
class ClearLink extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input")
    this.querySelector("a").addEventListener("click", event => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      input.value = ""
      input.focus()
      input.form.requestSubmit()
    })
  }
}
customElements.define("clear-link", ClearLink)

// ---- htmx requests

// Only the latest request counts: the response to an earlier one would take visitors
// away from where they have gone since. So would a debounced search that fires after
// they have clicked something else.
let latest
document.addEventListener("htmx:before:request", event => {
  const { ctx } = event.detail
  if (ctx.sourceEvent?.timeStamp < latest?.sourceEvent?.timeStamp) {
    event.preventDefault()
    return
  }
  latest = ctx
  clearNotices()
  tellWaiting()
})
document.addEventListener("htmx:before:response", event => {
  if (event.detail.ctx !== latest) event.preventDefault()
})

// A link that is followed counts as well. Browsers report what they give up for it as
// failed, some long before the next page is there.
document.addEventListener("click", event => {
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented
  if (elsewhere || !event.target.closest("a[href]:not([target], [download])")) return
  latest?.request?.abort()
  latest = { sourceEvent: event }
})

function clearNotices() {
  const notices = document.getElementById("notices")
  if (notices.contains(document.activeElement)) document.getElementById("main").focus({ preventScroll: true })
  notices.replaceChildren()
}

// After a second, screen readers hear what the button shows, or a search beside its
// results.
let telling
function tellWaiting() {
  clearTimeout(telling)
  telling = setTimeout(() => {
    const waiting = document.getElementById("waiting")
    waiting.textContent = document.querySelector(".htmx-request .busy")?.textContent ?? waiting.dataset.says
  }, 1000)
}
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx !== latest) return
  clearTimeout(telling)
  document.getElementById("waiting").textContent = ""
})

// fetch does not report upload progress, so files go through XMLHttpRequest. The
// timeout is as long as the server's.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const bar = ctx.sourceElement.querySelector("progress")
  if (!bar) return
  ctx.fetch = (address, request) => upload(address, request, bar)
  ctx.request.timeout = "2m"
})

function upload(address, { method, headers, body, signal }, bar) {
  return new Promise((answered, failed) => {
    const request = new XMLHttpRequest()
    request.open(method, address)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = event => { if (event.lengthComputable) bar.value = 100 * event.loaded / event.total }
    request.onload = () => {
      const told = new Headers()
      for (const line of request.getAllResponseHeaders().trim().split("\r\n")) {
        const at = line.indexOf(":")
        told.append(line.slice(0, at), line.slice(at + 1).trim())
      }
      answered(new Response(request.responseText, { status: request.status, headers: told }))
    }
    request.onerror = () => failed(new TypeError("the upload failed"))
    request.onabort = () => failed(new DOMException("the upload was aborted", "AbortError"))
    request.onloadend = () => { bar.hidden = true }
    signal?.addEventListener("abort", () => request.abort())
    bar.value = 0
    bar.hidden = false
    request.send(body)
  })
}

// A visitor who keeps typing during a search keeps the focus in the field.
const isTyping = ({ sourceEvent }) => sourceEvent?.type === "input"
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (isTyping(ctx)) ctx.sourceEvent.target.focus({ preventScroll: true })
})

// The URL names the search, unless that is empty. htmx leaves the history alone
// (config.history): pages that it restores lose the visitor's place in some engines.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id === "search" && !ctx.request.body.get("q")) ctx.request.body.delete("q")
})
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id === "search") history.replaceState(null, "", ctx.response.raw.url)
})

// The focused element is gone with the old page. Move the focus to the new heading,
// which screen readers announce, unless the page sets it elsewhere.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (![document.getElementById("main"), "#main"].includes(ctx.target) || document.querySelector("main [autofocus]")) return
  const heading = document.querySelector("main h1")
  heading?.setAttribute("tabindex", "-1")
  heading?.focus({ preventScroll: true })
})

// If a request fails or its response is cut off, the page stays with everything typed,
// and a notice offers to try again.
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx || ctx !== latest || ctx.text !== undefined) return
  const notices = document.getElementById("notices")
  notices.replaceChildren(document.querySelector("template#offline").content.cloneNode(true))
  const source = ctx.sourceElement
  notices.querySelector(".retry").addEventListener("click", () => {
    source.requestSubmit()
  })
  if (!isTyping(ctx)) notices.firstElementChild.focus()
})

// A page from the back/forward cache may show a form as still being sent, or a visitor
// who has signed in since as signed out.
addEventListener("pageshow", event => { if (event.persisted) location.reload() })

// ---- The frame

// On small screens the open menu would cover the element that keyboard focus moved to.
// Its button is beside it, and would open again what had been closed for the focus.
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const frame = ".menu, .menu-button", menu = document.getElementById("menu")
  if (relatedTarget && target.closest?.(frame) && !relatedTarget.closest(frame) && menu.matches(":popover-open")) menu.hidePopover()
})

// On wide screens an open group covers the page. It closes on Escape and when the
// visitor turns to something else. On small screens it stays open in its panel, which
// closes as a whole.
function closeGroups(but) {
  const inPanel = document.querySelector(".menu-button").checkVisibility()
  for (const group of inPanel ? [] : document.querySelectorAll(".submenu[open]")) {
    if (group.contains(but)) continue
    if (group.contains(document.activeElement)) group.querySelector("summary").focus()
    group.open = false
  }
}
document.addEventListener("pointerdown", ({ target }) => closeGroups(target))
document.addEventListener("focusin", ({ target }) => closeGroups(target))
document.addEventListener("keydown", ({ key }) => { if (key === "Escape") closeGroups() })

// Change colours without a reload, which would lose what has been typed.
document.addEventListener("submit", event => {
  const form = event.target
  if (!form.matches(".appearance")) return
  event.preventDefault()
  const chosen = event.submitter.value
  const root = document.documentElement
  if (chosen) root.dataset.appearance = chosen
  else delete root.dataset.appearance
  document.querySelector("meta[name=color-scheme]").content = chosen || "light dark"
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", button === event.submitter)
  fetch(form.action, { method: "POST", body: new URLSearchParams({ appearance: chosen }), redirect: "manual" })
    .catch(() => {}) // then the choice applies to this page only
})
