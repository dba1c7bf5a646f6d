import { readFileSync } from 'node:fs'

/** Of the package: `../package.json` from dist/, `../../package.json` from the sources. */
export const version: string = readVersion()

/** Of the repository that the bundle was built from; undefined from the sources. */
export const commit: string | undefined = readCommit()

function readCommit(): string | undefined {
  // Beside the bundle, or above one of its chunks.
  for (const place of ['build.json', '../build.json']) {
    try {
      const text = readFileSync(new URL(place, import.meta.url), 'utf8')
      return (JSON.parse(text) as { readonly commit?: string }).commit
    } catch {
      // Look there.
    }
  }
  return undefined
}

function readVersion(): string {
  for (const way of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(way, import.meta.url), 'utf8')) as Record<
        string,
        string
      >
      if (name === 'ballast' && version) return version
    } catch {
      // Look one folder further up.
    }
  }
  return '0.0.0'
}
