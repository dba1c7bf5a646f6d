import { type Located, loadYaml as load, type YamlOptions } from '../../pipeline/index.ts'
import type { Findings } from '../findings.ts'

/** A ballast.yaml is written by hand: more than this is not one. */
export const MAX_CONFIG_BYTES = 128 * 1024

const OPTIONS: YamlOptions = {
  maxBytes: MAX_CONFIG_BYTES,
  // The real depth is 6.
  maxDepth: 32,
  maxValues: 20_000,
  // No file of that size has more.
  maxEntryTokens: MAX_CONFIG_BYTES,
  tagHint: 'leave tags and directives out: ballast.yaml holds plain values',
  merge: false,
  duplicates: 'error',
  references: false,
  maxDocuments: 1,
}

/**
 * YAML 1.2 (core schema) as located values. Tags, merge keys, keys that are no text, repeated keys and several
 * documents are findings. Undefined when there is no telling what was meant.
 */
export function loadYaml(text: string, findings: Findings): Located | undefined {
  return load(text, findings.file, OPTIONS, findings)
}
