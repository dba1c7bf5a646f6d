import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { sourceOf } from '../../../core/index.ts'
import { scanSource } from '../engine/report.ts'
import { RULES } from '../rules.ts'
import { toSarif } from './sarif.ts'

const text = { type: 'object', required: ['text'], properties: { text: { type: 'string', minLength: 1 } } }
const artifact = {
  type: 'object',
  required: ['uri'],
  properties: { uri: { type: 'string', pattern: '^[^ \\\\]*$' } },
}
const location = {
  type: 'object',
  required: ['physicalLocation'],
  properties: {
    physicalLocation: {
      type: 'object',
      required: ['artifactLocation'],
      properties: {
        artifactLocation: artifact,
        region: {
          type: 'object',
          properties: {
            startLine: { type: 'integer', minimum: 1 },
            byteOffset: { type: 'integer', minimum: 0 },
          },
        },
      },
    },
  },
}

/** What SARIF 2.1.0 (its JSON schema) requires of the parts that are written. */
const SCHEMA = {
  type: 'object',
  required: ['version', 'runs'],
  properties: {
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['tool', 'results'],
        properties: {
          tool: {
            type: 'object',
            required: ['driver'],
            properties: {
              driver: {
                type: 'object',
                required: ['name'],
                properties: {
                  semanticVersion: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
                  rules: {
                    type: 'array',
                    uniqueItems: true,
                    items: {
                      type: 'object',
                      required: ['id'],
                      properties: { shortDescription: text, fullDescription: text, help: text },
                    },
                  },
                },
              },
            },
          },
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          invocations: { type: 'array', items: { type: 'object', required: ['executionSuccessful'] } },
          artifacts: { type: 'array', items: { type: 'object', properties: { location: artifact } } },
          results: {
            type: 'array',
            items: {
              type: 'object',
              required: ['message', 'ruleId', 'ruleIndex', 'level', 'locations'],
              properties: {
                message: text,
                ruleIndex: { type: 'integer', minimum: 0 },
                level: { enum: ['none', 'note', 'warning', 'error'] },
                locations: { type: 'array', items: location },
              },
            },
          },
        },
      },
    },
  },
}

const ATTACK = Buffer.from("cos\nsystem\n(S'id'\ntR.")

test('a report as SARIF has what its schema requires', async () => {
  const log = toSarif(await scanSource(sourceOf(ATTACK, 'models/my model.pkl'), { digest: true }))
  const ajv = new Ajv({ strict: false })
  ajv.validate(SCHEMA, log)
  expect(ajv.errors).toBeNull()
  expect(log.runs[0]).toMatchObject({
    tool: { driver: { name: 'Ballast', rules: [{ id: 'pickle/dangerous-call' }] } },
    results: [
      {
        ruleId: 'pickle/dangerous-call',
        ruleIndex: 0,
        level: 'error',
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'models/my%20model.pkl' },
              region: { byteOffset: 19 },
            },
          },
        ],
      },
    ],
  })
})

test('a report without findings has a run without results', async () => {
  const log = toSarif(await scanSource(sourceOf(Buffer.from('hello'), 'notes.txt')))
  expect(log.runs[0]).toMatchObject({ results: [], invocations: [{ executionSuccessful: true }] })
})

test('every rule says what it finds and why that is dangerous', () => {
  for (const [id, { title, why }] of Object.entries(RULES)) {
    expect(id).toMatch(/^[a-z0-9]+\/[a-z-]+$/)
    expect(title.length).toBeGreaterThan(3)
    expect(why).toMatch(/[.?]$/)
  }
})
