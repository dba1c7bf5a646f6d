import { documentRule } from './document.ts'
import { struct } from './reader/composites.ts'
import type { JsonSchema } from './reader/reader.ts'

/** JSON Schema (draft 2020-12) of ballast.yaml, from the very readers that read it: for editors. */
export function ballastSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'ballast.yaml',
    description: 'The whole delivery of a model repository.',
    ...struct(documentRule).schema,
  }
}
