/**
 * How a text refers to variables, which differs with who replaces them (GitLab's page "Where variables can be used"):
 *
 *   `paths`   in changes, exists, include: `$A ${A} %A%`; what is not defined stays as it is
 *   `names`   in environment, resource_group, tags, trigger: the same; what is not defined is empty
 *   `runner`  in image, services, cache:key, artifacts and values of variables as the job starts: `$A ${A}`, and `$$`
 *             for one `$`; what is not defined is empty
 */
export type Mechanism = 'paths' | 'names' | 'runner'

/** A part of a text: as it stands, or a reference with its name. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reference'; readonly text: string; readonly name: string }
  | { readonly kind: 'dollars'; readonly text: '$$' }

const WITH_PERCENT = /\$\$|%%|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%/g
const DOLLAR_ONLY = /\$\$|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}/g

/** Takes a text apart, in one pass. */
export function* partsOf(text: string, mechanism: Mechanism): Generator<Part> {
  let end = 0
  for (const found of text.matchAll(mechanism === 'runner' ? DOLLAR_ONLY : WITH_PERCENT)) {
    if (found.index > end) yield { kind: 'text', text: text.slice(end, found.index) }
    end = found.index + found[0].length
    const name = found[1] ?? found[2] ?? found[3]
    if (name !== undefined) yield { kind: 'reference', text: found[0], name }
    else if (found[0] === '$$') yield { kind: 'dollars', text: '$$' }
    else yield { kind: 'text', text: found[0] }
  }
  if (end < text.length) yield { kind: 'text', text: text.slice(end) }
}
