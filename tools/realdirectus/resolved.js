// Directus starts by resolving some 9,000 module names, which takes Node half of the
// start although the answers stay the same until Directus is installed anew. They are
// kept in RESOLVED_MODULES, beside the modules. Node 20 has no such hooks.
import module from "node:module"
import {readFileSync, renameSync, writeFileSync} from "node:fs"

const file = process.env.RESOLVED_MODULES
let known = new Map()
try { known = new Map(JSON.parse(readFileSync(file))) } catch { /* the first start */ }
let kept = known.size

module.registerHooks?.({resolve(specifier, context, next) {
	const question = [specifier, context.parentURL, context.conditions].join("\n")
	if (known.has(question)) return {...known.get(question), shortCircuit: true}
	const {url, format, ...rest} = next(specifier, context)
	if (url.startsWith("file:") && format) known.set(question, {url, format})
	return {url, format, ...rest}
}})

setInterval(() => {
	if (known.size < kept + 100) return
	kept = known.size
	writeFileSync(file + process.pid, JSON.stringify([...known]))
	renameSync(file + process.pid, file)
}, 1000).unref()
