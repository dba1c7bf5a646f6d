import { ServerError } from '../../errors.ts'

/** More fields are no form that a person or a system fills. */
const MAX_FIELDS = 500

/**
 * A form as an object: `variables[NAME]=value` becomes `{ variables: { NAME: value } }`, as other systems write it.
 * Deeper names, files and a name that is both are refused. Throws REQUEST_INVALID.
 */
export async function readForm(body: Buffer, contentType: string): Promise<unknown> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => {
      throw invalid('the form can not be read')
    })
  const fields = new Map<string, string | Map<string, string>>()
  let count = 0
  for (const [name, value] of form) {
    if (++count > MAX_FIELDS) throw invalid(`it has more than ${MAX_FIELDS} fields`)
    if (typeof value !== 'string') throw invalid(`'${name.slice(0, 60)}' is a file`)
    const [, outer, inner] = /^(\w{1,50})(?:\[([^[\]]{1,100})\])?$/.exec(name) ?? []
    if (outer === undefined || outer === '__proto__' || inner === '__proto__')
      throw invalid(`'${name.slice(0, 60)}' is no name of a field`)
    const there = fields.get(outer)
    if (inner === undefined && there === undefined) fields.set(outer, value)
    else if (inner !== undefined && typeof there !== 'string')
      fields.set(outer, (there ?? new Map<string, string>()).set(inner, value))
    else throw invalid(`'${outer}' is there more than once`)
  }
  return plain(
    [...fields].map(([name, value]) => [name, typeof value === 'string' ? value : plain([...value])]),
  )
}

/** Without a prototype, as names come from outside. */
function plain(entries: readonly (readonly [string, unknown])[]): object {
  const object = Object.create(null) as Record<string, unknown>
  for (const [name, value] of entries) object[name] = value
  return object
}

function invalid(why: string): ServerError {
  return new ServerError('REQUEST_INVALID', {
    message: `The request can't be read: ${why}`,
    hint: 'Send a form such as token=…&ref=main&variables[NAME]=value.',
  })
}
