import type { Rule } from '../rules.ts'

/** One kind of secret, recognised by a form that nothing else has. */
interface SecretKind {
  readonly rule: Rule
  readonly name: string
  readonly form: RegExp
  /** The group that is the secret; the whole match without. */
  readonly group?: number
  /** Whether a value is one, and not an example or a placeholder. */
  readonly holds?: (value: string) => boolean
}

const KINDS: readonly SecretKind[] = [
  {
    rule: 'secret/private-key',
    name: 'private key',
    // The label alone is in the documentation of many a library: a key has a body.
    form: /-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?-----(?:\\{1,4}[nr]|\s){1,4}[A-Za-z0-9+/:=,\s\\-]{16,20000}/g,
  },
  {
    rule: 'secret/token',
    name: 'AWS access key',
    form: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])/g,
  },
  {
    rule: 'secret/token',
    name: 'AWS secret key',
    form: /aws_?secret_?(?:access_?)?key["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])/gi,
    group: 1,
  },
  { rule: 'secret/token', name: 'GitHub token', form: /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,255}/g },
  { rule: 'secret/token', name: 'GitHub token', form: /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{22,255}/g },
  {
    rule: 'secret/token',
    name: 'GitLab token',
    form: /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,64}/g,
    holds: mixed,
  },
  {
    rule: 'secret/token',
    name: 'Hugging Face token',
    form: /(?<![A-Za-z0-9])(?:hf|api_org)_[A-Za-z0-9]{30,64}(?![A-Za-z0-9_])/g,
    holds: isVaried,
  },
  {
    rule: 'secret/token',
    name: 'Slack token',
    form: /(?<![A-Za-z0-9])xox[abeprs]-[0-9A-Za-z-]{20,255}/g,
    holds: mixed,
  },
  {
    rule: 'secret/token',
    name: 'Slack webhook',
    form: /https:\/\/hooks\.slack\.com\/services\/T[A-Z0-9]{6,12}\/B[A-Z0-9]{6,12}\/[A-Za-z0-9]{20,30}/g,
  },
  {
    rule: 'secret/token',
    name: 'OpenAI or Anthropic key',
    form: /(?<![A-Za-z0-9_-])sk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]{2,8}-)?[A-Za-z0-9_-]{32,255}/g,
    holds: mixed,
  },
  {
    rule: 'secret/token',
    name: 'Google API key',
    form: /(?<![A-Za-z0-9_-])AIza[0-9A-Za-z_-]{35}(?![A-Za-z0-9_-])/g,
  },
  { rule: 'secret/token', name: 'Stripe key', form: /(?<![A-Za-z0-9])[sr]k_live_[0-9A-Za-z]{20,99}/g },
  {
    rule: 'secret/token',
    name: 'npm token',
    form: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/g,
    holds: isVaried,
  },
  {
    rule: 'secret/token',
    name: 'PyPI token',
    form: /(?<![A-Za-z0-9])pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,255}/g,
  },
  {
    rule: 'secret/token',
    name: 'Azure storage key',
    form: /AccountKey=([A-Za-z0-9+/]{86}==)/g,
    group: 1,
  },
  {
    rule: 'secret/token',
    name: 'JSON web token',
    form: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{16,2000}/g,
  },
  {
    rule: 'secret/password',
    name: 'connection string with a password',
    form: /(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/'"<>{}$]{1,64}:([^\s@/'"<>{}$*]{3,128})@[A-Za-z0-9][\w.-]{1,253}/g,
    group: 1,
    holds: value =>
      !/^(?:pass(?:word|wd)?|pwd|secret|token|xxx+|changeme|example|user|your.*|my.*)$/i.test(value),
  },
  {
    rule: 'secret/password',
    name: 'value named as a key or password',
    form: /(?<![A-Za-z0-9])(?:[a-z0-9]{1,20}[_-])?(?:api[_-]?key|apikey|api[_-]?token|access[_-]?token|auth[_-]?token|secret[_-]?key|client[_-]?secret|access[_-]?key|passwd|password)["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9+/_.~!@#$%^&*-]{12,200})/gi,
    group: 1,
    holds: value => mixed(value) && entropy(value) > 3.2 && !PLACEHOLDER.test(value),
  },
]

const PLACEHOLDER =
  /example|your|placeholder|changeme|dummy|xxxx|0000|1234567|abcdef|\*\*|redacted|os\.environ|getenv|config\.|self\.|None|null|^\$|\$[({]/i

/** A secret in a text. Its value is not kept. */
export interface FoundSecret {
  readonly rule: Rule
  /** `GitHub token ghp_…`: the kind and the first four characters. */
  readonly what: string
  readonly index: number
}

/** More of them say nothing new about one text. */
const MAX_FOUND = 50

/** Secrets in a text, by their forms. Examples of documentation and placeholders are none. */
export function findSecrets(text: string): FoundSecret[] {
  const found: FoundSecret[] = []
  const taken: [number, number][] = []
  for (const kind of KINDS) {
    for (const match of text.matchAll(kind.form)) {
      if (found.length >= MAX_FOUND) return found
      const value = match[kind.group ?? 0]!
      const [start, end] = [match.index, match.index + match[0].length]
      if (/EXAMPLE/.test(value) || kind.holds?.(value) === false) continue
      if (taken.some(([from, to]) => start < to && from < end)) continue
      taken.push([start, end])
      const shown = kind.rule === 'secret/private-key' ? '' : ` ${value.slice(0, 4)}…`
      found.push({ rule: kind.rule, what: `${kind.name}${shown}`, index: start })
    }
  }
  return found
}

/** A text with the values of its secrets cut after four characters. */
export function redact(text: string): string {
  let cut = text
  for (const { form, group, holds } of KINDS) {
    cut = cut.replace(form, (whole: string, ...groups: unknown[]) => {
      const value = group === undefined ? whole : String(groups[group - 1])
      if (holds?.(value) === false) return whole
      return whole.replace(value, `${value.slice(0, 4)}…`)
    })
  }
  return cut
}

/** Letters and digits both: words and plain numbers are no keys. */
function mixed(value: string): boolean {
  return /[A-Za-z]/.test(value) && /\d/.test(value) && isVaried(value)
}

/** Not one character, or one word, again and again. */
function isVaried(value: string): boolean {
  return new Set(value).size >= 8
}

/** Bits a character, of the text's own distribution. */
function entropy(value: string): number {
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length)
  return bits
}
