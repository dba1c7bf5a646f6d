/** A part of a pattern that other engines have and RE2, which never backtracks, has not. */
interface Construct {
  readonly text: string
  readonly name: string
  readonly hint: string
}

const SPLIT = 'write two conditions, joined with && or ||'

const GROUPS: readonly Construct[] = [
  { text: '(?=', name: 'a lookahead', hint: SPLIT },
  { text: '(?!', name: 'a negative lookahead', hint: `${SPLIT}, one of them with !~` },
  { text: '(?<=', name: 'a lookbehind', hint: SPLIT },
  { text: '(?<!', name: 'a negative lookbehind', hint: `${SPLIT}, one of them with !~` },
  { text: '(?>', name: 'an atomic group', hint: 'write (?:…)' },
  { text: '(?(', name: 'a conditional group', hint: SPLIT },
  { text: '(?#', name: 'a comment', hint: 'leave it out' },
  { text: '(?x', name: 'the flag x', hint: 'write the pattern without spaces' },
]

const POSSESSIVE: Construct = {
  text: '',
  name: 'a possessive quantifier',
  hint: 'leave the second + out',
}
const BACKREFERENCE: Construct = { text: '', name: 'a backreference', hint: SPLIT }

/** Finds the first construct that RE2 lacks, in a pattern that it refused, in one pass. */
export function foreignConstruct(
  source: string,
): { readonly offset: number; readonly name: string; readonly hint: string } | undefined {
  let inClass = false
  for (let i = 0; i < source.length; i++) {
    const found = inClass ? undefined : constructAt(source, i)
    if (found) return { offset: i, name: found.name, hint: found.hint }
    if (source[i] === '\\') i++
    else if (source[i] === '[') inClass = true
    else if (source[i] === ']') inClass = false
  }
  return undefined
}

function constructAt(source: string, at: number): Construct | undefined {
  const next = source[at + 1] ?? ''
  switch (source[at]) {
    case '\\':
      return /[1-9k]/.test(next) ? BACKREFERENCE : undefined
    case '(':
      return GROUPS.find(({ text }) => source.startsWith(text, at))
    case '*':
    case '+':
    case '?':
    case '}':
      return next === '+' ? POSSESSIVE : undefined
    default:
      return undefined
  }
}
