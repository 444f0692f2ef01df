// What htmx and HTML leave to us, and nothing a page needs to work:
// hints beside a field that has been filled in, passwords that can be shown,
// the focus after a navigation, and a notice when the site cannot be reached.
// All words come from the page.

// Mail providers whose names are often mistyped.
const mailDomains = [
  "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "hotmail.fr", "live.com", "msn.com",
  "yahoo.com", "yahoo.co.uk", "yahoo.fr", "icloud.com", "me.com", "aol.com", "proton.me", "protonmail.com", "fastmail.com",
  "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "posteo.de", "mailbox.org",
  "orange.fr", "free.fr", "libero.it", "comcast.net", "yandex.ru", "mail.ru", "qq.com",
]

// A field says what cannot be right once the visitor has left it, and takes it
// back as soon as it is right. The server checks again, and knows more.
class FormField extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input")
    this.input.addEventListener("change", () => whenReleased(() => this.check()))
    this.input.addEventListener("input", () => this.error && this.check())
    this.addReveal()
  }

  get error() { return this.querySelector(".error") }

  check() {
    const wrong = this.wrong(this.input.value)
    if (wrong !== (this.error?.dataset.said ?? "")) this.say(wrong)
    this.suggest(wrong ? "" : correctedAddress(this.input.value))
  }

  // The sentence about value, or "". An empty field is one not yet filled in.
  wrong(value) {
    if (value === "") return ""
    if (this.dataset.misshapen && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value.trim())) return this.dataset.misshapen
    if (this.dataset.short && [...value].length < this.input.minLength) return this.dataset.short
    return ""
  }

  say(sentence) {
    const id = this.input.id + "-error"
    this.error?.remove()
    const described = new Set((this.input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean))
    described.delete(id)
    this.input.removeAttribute("aria-invalid")
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
      this.input.setAttribute("aria-invalid", "true")
      described.add(id)
    }
    if (described.size) this.input.setAttribute("aria-describedby", [...described].join(" "))
    else this.input.removeAttribute("aria-describedby")
  }

  // Offers an address with the mail domain that was probably meant.
  suggest(address) {
    this.querySelector(".suggestion")?.remove()
    if (!address || !this.dataset.didYouMean) return
    const offer = document.createElement("p")
    const button = document.createElement("button")
    offer.className = "suggestion"
    offer.setAttribute("role", "status")
    button.type = "button"
    button.className = "link"
    button.textContent = address
    button.addEventListener("click", () => {
      this.input.value = address
      offer.remove()
      this.input.focus()
    })
    offer.append(this.dataset.didYouMean + " ", button, "?")
    this.append(offer)
  }

  // A password can be looked at. The two buttons take turns.
  addReveal() {
    const template = this.querySelector("template")
    if (!template) return
    this.input.after(template.content.cloneNode(true))
    template.remove()
    const [show, hide] = this.querySelectorAll(".reveal")
    const reveal = shown => {
      this.input.type = shown ? "text" : "password"
      show.hidden = shown
      hide.hidden = !shown
    }
    show.addEventListener("click", () => { reveal(true); hide.focus() })
    hide.addEventListener("click", () => { reveal(false); show.focus() })
    // Browsers offer to keep only what is sent as a password.
    this.input.form.addEventListener("submit", () => reveal(false))
  }
}
customElements.define("form-field", FormField)

// Runs what moves the page only once no mouse button or finger is down: a button
// that moves away under it would not be pressed.
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

// How many letters must be added, dropped, changed or exchanged with their
// neighbour to make one word of the other.
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

// A link that htmx follows leaves the focus on an element that is gone. It goes
// to the heading, which is read out, unless the page itself wants it elsewhere.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.target !== document.body || document.body.querySelector("[autofocus]")) return
  const heading = document.querySelector("main h1")
  heading?.setAttribute("tabindex", "-1")
  heading?.focus({ preventScroll: true })
})

// A request that reached nobody: the page stays, with all that was typed, and a
// notice offers to try again.
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx?.sourceElement || ctx.response) return
  const notices = document.getElementById("notices")
  notices.replaceChildren(document.getElementById("offline").content.cloneNode(true))
  const source = ctx.sourceElement
  notices.querySelector(".retry").addEventListener("click", () => source.matches("form") ? source.requestSubmit() : source.click())
  notices.firstElementChild.focus()
})

// The notice has been answered.
document.addEventListener("htmx:before:request", () => document.getElementById("notices")?.replaceChildren())
