import type { Location } from '../../../../../core/index.ts'
import { quote } from '../../../../yaml/located.ts'
import type { DocumentFindings } from '../findings.ts'
import type { IncludeTarget } from './types.ts'

/** A text alone: an address is remote, everything else local. */
export function targetOfText(text: string): IncludeTarget {
  return /^https?:\/\//i.test(text) ? { kind: 'remote', url: text } : { kind: 'local', path: text }
}

/** `ci.example.com/team/components/lint@1.2` */
export function parseComponent(
  text: string,
  at: Location,
  findings: DocumentFindings,
): readonly IncludeTarget[] | undefined {
  const sign = text.indexOf('@')
  const [host = '', ...path] = text.slice(0, Math.max(0, sign)).split('/')
  const version = text.slice(sign + 1)
  const name = path.pop()
  if (sign < 0 || host === '' || path.length === 0 || !name || version === '' || path.includes('')) {
    return findings.error(at, 'INCLUDE_INVALID', 'Bad address of a component', {
      expected: '$CI_SERVER_FQDN/<project>/<component>@<version>',
      found: quote(text),
    })
  }
  return [{ kind: 'component', host, address: { project: path.join('/'), name, version } }]
}

/** From the repository's root, however it is written: `/ci/base.yml`, `./ci/base.yml`. */
export function plainPath(path: string): string {
  return path.replace(/^(?:\.?\/)+/, '')
}

/**
 * Path in a repository, without the slash at its beginning. Undefined, with a finding, where it leads out of the
 * repository or is no YAML file (GitLab takes `.yml` and `.yaml` only).
 */
export function repositoryPath(path: string, at: Location, findings: DocumentFindings): string | undefined {
  const plain = plainPath(path)
  if (plain.split(/[/\\]/).includes('..') || /[\0-\x1f]/.test(plain)) {
    return findings.error(at, 'INCLUDE_INVALID', `${quote(path)} leads out of the repository`)
  }
  if (/[^/]\.ya?ml$/i.test(plain)) return plain
  return findings.error(at, 'INCLUDE_INVALID', 'Included files are YAML', {
    expected: 'a name that ends with .yml or .yaml',
    found: quote(path),
  })
}
