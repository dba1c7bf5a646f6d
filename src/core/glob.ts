/** Patterns match by a table of pattern × text, so a hostile pattern costs at most this product of steps. */
export const MAX_GLOB_LENGTH = 300

/**
 * Whether a path matches a glob: `*` any characters of one folder's name, `**` any number of folders, `?` one
 * character; everything else stands for itself. Takes time in proportion to both lengths, whatever the pattern.
 *
 *   globMatches('*.onnx', 'model.onnx')           true
 *   globMatches('*.onnx', 'out/model.onnx')       false
 *   globMatches('out/**', 'out/a/model.onnx')     true
 *   globMatches('**' + '/*.onnx', 'model.onnx')   true
 */
export function globMatches(pattern: string, path: string): boolean {
  return matches(tokensOf(pattern, '/'), path)
}

/**
 * Whether a list of globs selects a path. A glob that names a folder selects all below it; one that begins with
 * `!` takes out again.
 *
 *   globsSelect(['out', '!out/*.log'], 'out/a/b')   true
 *   globsSelect(['out', '!out/*.log'], 'out/x.log') false
 */
export function globsSelect(globs: readonly string[], path: string): boolean {
  const selects = (glob: string) => {
    const plain = glob.replace(/^(\.\/)+/, '').replace(/\/+$/, '')
    return pathAndFolders(path).some(part => globMatches(plain, part))
  }
  const wanted = globs.filter(glob => !glob.startsWith('!'))
  const unwanted = globs.filter(glob => glob.startsWith('!')).map(glob => glob.slice(1))
  return wanted.some(selects) && !unwanted.some(selects)
}

/** `a/b/c` -> `a/b/c`, `a/b`, `a`. */
function pathAndFolders(path: string): readonly string[] {
  const segments = path.split('/')
  return segments.map((_, i) => segments.slice(0, segments.length - i).join('/'))
}

/**
 * Whether a branch matches a pattern, in which `*` stands for any characters, `/` too: `*` is every branch,
 * `release/*` every branch below release.
 */
export function branchMatches(pattern: string, branch: string): boolean {
  return matches(tokensOf(pattern, undefined), branch)
}

type Token =
  | { readonly kind: 'literal'; readonly character: string }
  /** Not the separator. */
  | { readonly kind: 'one'; readonly except: string | undefined }
  | { readonly kind: 'many'; readonly except: string | undefined }
  /** Nothing, or any characters that end with the separator: what `**` and its slash stand for. */
  | { readonly kind: 'folders' }

function tokensOf(pattern: string, separator: string | undefined): readonly Token[] {
  const text = pattern.slice(0, MAX_GLOB_LENGTH + 1)
  if (text.length > MAX_GLOB_LENGTH) return [{ kind: 'literal', character: '' }]
  const tokens: Token[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    const atStart = i === 0 || text[i - 1] === '/'
    if (separator && atStart && text.startsWith('**/', i)) {
      tokens.push({ kind: 'folders' })
      i += 2
    } else if (character === '*') {
      const double = text[i + 1] === '*'
      tokens.push({ kind: 'many', except: double ? undefined : separator })
      if (double) i++
    } else if (character === '?') tokens.push({ kind: 'one', except: separator })
    else tokens.push({ kind: 'literal', character })
  }
  return tokens
}

/** `reached[i]`: the tokens so far match the first i characters. */
function matches(tokens: readonly Token[], text: string): boolean {
  let reached: boolean[] = Array.from({ length: text.length + 1 }, (_, i) => i === 0)
  for (const token of tokens) reached = step(token, text, reached)
  return reached[text.length]!
}

function step(token: Token, text: string, reached: readonly boolean[]): boolean[] {
  const next: boolean[] = new Array(text.length + 1).fill(false)
  let open = false
  for (let i = 0; i <= text.length; i++) {
    const before = i > 0 ? text[i - 1] : undefined
    switch (token.kind) {
      case 'literal':
        next[i] = i > 0 && reached[i - 1]! && before === token.character
        break
      case 'one':
        next[i] = i > 0 && reached[i - 1]! && before !== token.except
        break
      case 'many':
        open = reached[i]! || (open && before !== token.except)
        next[i] = open
        break
      case 'folders':
        next[i] = reached[i]! || (open && before === '/')
        open ||= reached[i]!
        break
    }
  }
  return next
}
