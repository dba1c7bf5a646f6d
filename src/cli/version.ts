import { readFileSync } from 'node:fs'

/** Of the package: `../package.json` from dist/, `../../package.json` from the sources. */
export const version: string = readVersion()

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
