import { checkDocument } from './checks.ts'
import {
  DEFAULT_BRANCH,
  DEFAULT_ENVIRONMENT,
  DEFAULT_FILE,
  defaultMetrics,
  defaultModelName,
  guessTask,
} from './defaults.ts'
import { type Document, documentRule } from './document.ts'
import { Findings } from './findings.ts'
import { readStruct } from './reader/composites.ts'
import type { WrittenConvert } from './sections/convert.ts'
import { request } from './sections/deploy.ts'
import type { WrittenModel } from './sections/model.ts'
import type { WrittenServe } from './sections/serve.ts'
import type { ModelRepository, ParsedConfig, RepositoryFacts, ServeRequest } from './types.ts'
import { loadYaml } from './yaml/load.ts'

/**
 * Reads a ballast.yaml. Never throws for what is in the file: every finding is a diagnostic with its place, and
 * all are given at once. With errors there is no repository; with warnings there is.
 */
export function parseConfig(text: string, facts: RepositoryFacts = {}): ParsedConfig {
  const findings = new Findings(facts.file ?? DEFAULT_FILE)
  const node = loadYaml(text, findings)
  const read = node && readStruct(documentRule, node, { findings, trail: '' })
  if (read) checkDocument(read, findings, facts)
  const diagnostics = findings.sorted()
  if (!read || findings.errors > 0) return { diagnostics }
  return { repository: resolveDocument(read.values as Document, facts), diagnostics }
}

/** Fills every default in. */
export function resolveDocument(document: Document, facts: RepositoryFacts): ModelRepository {
  const { ci, convert, evaluate, gates = [], jobs = [], optimize, serve } = document
  const model = resolveModel(document.model, facts)
  const wanted = evaluate?.metrics ?? defaultMetrics(model.task)
  const branch = facts.defaultBranch ?? DEFAULT_BRANCH
  const { environments, preview } = document.deploy ?? { environments: [request(DEFAULT_ENVIRONMENT)] }
  return {
    model,
    jobs,
    ...(ci && { ci }),
    ...(convert !== undefined && { convert: convert && resolveConvert(convert) }),
    ...(evaluate && {
      evaluate: {
        data: evaluate.data.value,
        metrics: [
          ...new Set([...wanted, ...[...gates, ...(optimize?.value.gates ?? [])].map(gate => gate.metric)]),
        ],
        ...(evaluate.fields?.input !== undefined && { inputField: evaluate.fields.input }),
        ...(evaluate.fields?.label !== undefined && { labelField: evaluate.fields.label }),
        ...(evaluate.limit !== undefined && { limit: evaluate.limit }),
      },
    }),
    gates,
    ...(optimize && { optimize: optimize.value }),
    ...(serve && { serve: resolveServe(serve) }),
    environments: environments.map(({ variant, from, ...written }) => ({
      ...written,
      branch: written.branch ?? branch,
      ...(from && { from: from.value }),
      ...(variant && variant.value !== 'auto' && { variant: variant.value }),
    })),
    ...(preview && { preview }),
  }
}

function resolveConvert({
  samples,
  tolerance,
  signature,
}: Exclude<WrittenConvert, false>): NonNullable<ModelRepository['convert']> {
  return {
    ...(samples && { samples: samples.value }),
    ...(tolerance !== undefined && { tolerance }),
    ...(signature !== undefined && { signature }),
  }
}

function resolveServe({ cache, idle, queue, threads, max_batch }: WrittenServe): ServeRequest {
  return {
    ...(cache !== undefined && { cacheBytes: cache }),
    ...(idle !== undefined && { idleMs: idle }),
    ...(queue !== undefined && { maxWaiting: queue }),
    ...(threads !== undefined && { threads }),
    ...(max_batch !== undefined && { maxBatchRows: max_batch }),
  }
}

function resolveModel(written: WrittenModel, facts: RepositoryFacts): ModelRepository['model'] {
  const { file, labels, preprocess = [], input, output, columns, answer } = written
  return {
    name: written.name ?? defaultModelName(file.value, facts),
    file: file.value,
    task: written.task ?? guessTask(preprocess, labels !== undefined),
    ...(labels && { labels: labels.value }),
    preprocess,
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(columns && { columns }),
    ...(answer && { answer }),
  }
}
