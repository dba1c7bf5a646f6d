import { nearestName } from '../core/index.ts'
import { makesModel, type Placed, type PlannedJob, quote } from '../pipeline/index.ts'
import { guessTask, isMeaningless } from './defaults.ts'
import type { documentRule } from './document.ts'
import type { Findings } from './findings.ts'
import type { ReadStruct } from './reader/composites.ts'
import { exportAdvice, isConverted, whyNotServed } from './sections/model-formats.ts'
import { isNamedVariant } from './sections/optimize.ts'
import type { RepositoryFacts } from './types.ts'

type Read = ReadStruct<(typeof documentRule)['fields']>

/** What can only be seen by looking at several sections; a section that is wrong itself is left out. */
export function checkDocument(read: Read, findings: Findings, facts: RepositoryFacts): void {
  checkGates(read, findings)
  checkTable(read, findings)
  checkAnswer(read, findings)
  checkRunnable(read, findings)
  checkOptimize(read, findings)
  checkSources(read, findings)
  checkJobs(read, findings)
  if (facts.files && !read.broken.has('jobs')) checkFiles(read, findings, facts.files)
}

function checkGates({ values, broken }: Read, findings: Findings): void {
  const { model, evaluate, optimize } = values
  const gates = [...(values.gates ?? []), ...(optimize?.value.gates ?? [])]
  const task = model && (model.task ?? guessTask(model.preprocess ?? [], model.labels !== undefined))
  for (const { metric, text, at } of gates) {
    if (!at) continue
    if (metric !== 'size' && !evaluate && !broken.has('evaluate')) {
      const hint = 'add evaluate: with data:, which the model is judged on'
      findings.error(at, 'MISSING_KEY', `The gate ${quote(text)} has nothing to go by`, { hint })
    } else if (task && isMeaningless(metric, task)) {
      const hint = 'take another metric, or say what the model does with task:'
      findings.error(at, 'BAD_GATE', `${metric} has no meaning for the task ${task}`, { hint })
    }
  }
}

/** Columns make vectors: of the steps, those for numbers can follow. */
function checkTable({ values }: Read, findings: Findings): void {
  const { columns, preprocess = [], file } = values.model ?? {}
  const step = preprocess.find(({ kind }) => kind !== 'scale' && kind !== 'normalize')
  if (!columns || !step || !file) return
  findings.error(
    file.at,
    'BAD_VALUE',
    `A model takes tables or images: it has columns, and the step ${step.kind}`,
    {
      hint: 'take one of them out; scale and normalize may stand beside columns',
    },
  )
}

/** What is said of answers must be of the task's kind. */
function checkAnswer({ values }: Read, findings: Findings): void {
  const { model, evaluate } = values
  if (!model?.answer) return
  const { answer, file } = model
  const { at } = file
  const task = model.task ?? guessTask(model.preprocess ?? [], model.labels !== undefined)
  const ofClasses = (['scores', 'topK', 'classes', 'threshold'] as const).filter(
    key => answer[key] !== undefined,
  )
  const isClassifier = task === 'classification' || task === 'image-classification'
  const wrong =
    (isClassifier ? undefined : ofClasses[0]) ?? (task !== 'regression' && answer.names ? 'names' : undefined)
  if (wrong !== undefined)
    findings.error(at, 'BAD_VALUE', `answer has ${quote(wrong)}, which has no meaning for the task ${task}`, {
      hint: 'take it out, or say what the model does with task:',
    })
  if (answer.classes !== 'many') return
  if (answer.scores === 'softmax')
    findings.error(at, 'BAD_VALUE', 'A softmax chooses one class, and answer.classes is many', {
      hint: 'take scores: sigmoid, or leave it out for probabilities',
    })
  if (evaluate)
    findings.error(
      evaluate.data.at,
      'NOT_AVAILABLE',
      'A model of many classes an example can not be evaluated',
      {
        hint: 'take evaluate: out; its metrics are of one class an example',
      },
    )
}

/** Jobs have one source. */
function checkJobs({ values }: Read, findings: Findings): void {
  const { ci, jobs } = values
  if (!ci || !jobs) return
  const hint = `take one of them out: ${quote(ci.file)} can have these jobs too`
  findings.error(ci.at, 'DUPLICATE_KEY', "Jobs come from 'ci' or from 'jobs', not from both", { hint })
}

/** Evaluating means running: what can't run can't be held to figures, and no figure is never a pass. */
function checkRunnable({ values }: Read, findings: Findings): void {
  const { model, convert, evaluate } = values
  if (!model || !evaluate) return
  if (convert === false && isConverted(model.file.value)) {
    const hint = 'take one of them out'
    findings.error(evaluate.data.at, 'MODEL_FORMAT', 'A model that is not converted can not be evaluated', {
      hint,
    })
  }
  if (whyNotServed(model.file.value) === undefined) return
  const facts = {
    expected: 'a model in ONNX, or in a format that is converted',
    found: quote(model.file.value),
    hint: `take evaluate: out, or name a form that runs (${exportAdvice(model.file.value) ?? 'export it to ONNX'})`,
  }
  findings.error(evaluate.data.at, 'MODEL_FORMAT', 'A model of this format can not be evaluated', facts)
}

/** A variant is judged as its model is: without data nothing is known of it, and one that is not made can't serve. */
function checkOptimize({ values, broken }: Read, findings: Findings): void {
  const { optimize, evaluate, deploy } = values
  if (optimize && !evaluate && !broken.has('evaluate')) {
    const hint = 'add evaluate: with data:, which variants are judged on'
    findings.error(optimize.at, 'MISSING_KEY', 'Variants have nothing to be judged on', { hint })
  }
  if (broken.has('optimize')) return
  for (const { name, variant } of deploy?.environments ?? []) {
    if (!variant || !isNamedVariant(variant.value)) continue
    const tries = optimize?.value.tries ?? []
    if (tries.includes(variant.value)) continue
    const near = nearestName(variant.value, tries)
    const hint = near ? `it tries '${near}'` : `add optimize: { try: [${variant.value}] }`
    const message = `${name} is to serve the variant ${quote(variant.value)}, and optimize: does not try it`
    findings.error(variant.at, 'BAD_VALUE', message, { hint })
  }
}

/** A version that waits for an environment which waits for it comes nowhere. */
function checkSources({ values }: Read, findings: Findings): void {
  const environments = values.deploy?.environments ?? []
  const sources = new Map(environments.map(({ name, from }) => [name, from?.value]))
  for (const { name, from } of environments) {
    if (!from) continue
    if (!sources.has(from.value)) {
      const near = nearestName(from.value, [...sources.keys()])
      const hint = near && near !== name ? `did you mean '${near}'?` : 'name an environment of this file'
      const message = `${name} takes versions from ${quote(from.value)}, and deploy: has no such environment`
      findings.error(from.at, 'BAD_VALUE', message, { hint })
    } else if (leadsBack(name, sources)) {
      const hint = 'take from: out of one of them'
      const message = `${name} takes its versions from itself`
      findings.error(from.at, 'BAD_VALUE', message, { hint })
    }
  }
}

function leadsBack(name: string, sources: ReadonlyMap<string, string | undefined>): boolean {
  let at = sources.get(name)
  for (let i = 0; at !== undefined && at !== name && i < sources.size; i++) at = sources.get(at)
  return at === name
}

function checkFiles({ values }: Read, findings: Findings, files: readonly string[]): void {
  const { model, convert, evaluate, ci, jobs = [] } = values
  const named: [Placed<string> | undefined, string][] = [
    [model?.file, 'model'],
    [model?.labels, 'labels'],
    [convert ? convert.samples : undefined, 'samples'],
    [evaluate?.data, 'data'],
    [ci && { value: ci.file, at: ci.at }, 'ci'],
  ]
  const there = new Set(files)
  for (const [file, what] of named) {
    if (!file || there.has(file.value)) continue
    // What a CI file's jobs make is seen when that file is compiled.
    const made = ci ? what !== 'ci' : isMade(file.value, jobs)
    if (made) continue
    const isFolder = files.some(path => path.startsWith(`${file.value}/`))
    if (isFolder && what !== 'labels') continue
    const near = nearestName(file.value, files)
    const hint = near
      ? `did you mean '${near}'?`
      : 'commit it, or name it in the produces: of the job that makes it'
    findings.error(file.at, 'FILE_MISSING', `There is no file ${quote(file.value)} in the repository`, {
      hint,
    })
  }
}

function isMade(file: string, jobs: readonly PlannedJob[]): boolean {
  return jobs.some(job => makesModel(job, file))
}
