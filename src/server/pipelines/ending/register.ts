import type { StageResult } from '../../../api/index.ts'
import { type Digest, type Json, messageOf, newId } from '../../../core/index.ts'
import { keepCommit } from '../../../git/index.ts'
import type { Job } from '../../../pipeline/index.ts'
import {
  type Lineage,
  makeManifest,
  manifestDigest,
  type RecordKind,
  type Version,
} from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { earlierFiles, lineageIn, lineageOf } from '../../registry/versions/lineage.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { configOf } from '../starting/config.ts'
import { resultOf } from './results.ts'
import { addVariants } from './variants.ts'

/**
 * Registers what a register stage found, and puts the records of all stages of its pipeline behind it. The
 * same model bytes, configuration and commit again are the same version.
 */
export async function registerVersion(plane: ControlPlane, job: Job, result: StageResult): Promise<Version> {
  const { pipelines, versions } = plane.stores
  const pipeline = await pipelines.pipeline(job.pipeline)
  const compiled = pipeline && configOf(pipeline)
  if (!compiled || !result.manifest) throw new TypeError(`Job ${job.id} registers nothing`)
  const { files, config } = result.manifest
  const { model } = compiled.repository
  // First, so that no version is ever without its commit: a forced push takes the branch elsewhere.
  await keepCommit(repositoryDirectory(plane.settings, pipeline.project), pipeline.commit)
  // The commit and the model's name are the journal's word, not the stage's.
  const manifest = makeManifest({
    model: model.name,
    commit: pipeline.commit,
    files: files.map(file => ({ ...file, digest: file.digest as Digest })),
    config: config as Json,
  })
  const evaluations = evaluationsOf(await pipelines.jobs(job.pipeline))
  const lineage = await lineageOf(plane, {
    project: pipeline.project,
    manifest,
    jobs: await pipelines.jobs(job.pipeline),
    evaluations,
    dataPath: compiled.repository.evaluate?.data,
  })
  const version = await versions.register({
    id: newId('version'),
    project: pipeline.project,
    model: manifest.model,
    digest: manifestDigest(manifest),
    manifest,
    createdAt: plane.clock.now(),
    job: job.id,
  })
  await addRecords(plane, version, job, result)
  await addVariants(plane, version, await pipelines.jobs(job.pipeline))
  await addLineage(plane, version, job, lineage)
  await hintStore(plane, version, lineage)
  plane.changes.tell({ kind: 'model', project: pipeline.project, model: version.model })
  return version
}

function evaluationsOf(jobs: readonly Job[]): readonly unknown[] {
  return jobs.flatMap(job => {
    const result = resultOf(job)
    return result?.kind === 'stage' && result.result.records['evaluation'] !== undefined
      ? [result.result.records['evaluation']]
      : []
  })
}

/** Once: a version that is registered again comes from what it came from. */
async function addLineage(plane: ControlPlane, version: Version, job: Job, lineage: Lineage): Promise<void> {
  const { versions } = plane.stores
  if (lineageIn(await versions.recordsOf([version.id], ['lineage']))) return
  await versions.addRecord({
    id: newId('record'),
    version: version.id,
    kind: 'lineage',
    body: JSON.parse(JSON.stringify(lineage)) as Json,
    createdAt: plane.clock.now(),
    job: job.id,
  })
}

/** Tells the store what a version's files are likely small changes of. It packs as well without, only larger. */
async function hintStore(plane: ControlPlane, { manifest, id }: Version, lineage: Lineage): Promise<void> {
  try {
    for (const [digest, ancestors] of await earlierFiles(plane, manifest, lineage))
      await plane.blobs.hint(digest, ancestors)
  } catch (error) {
    plane.logger.warn({ version: id, error: messageOf(error) }, 'the store could not be told of ancestors')
  }
}

async function addRecords(plane: ControlPlane, version: Version, job: Job, own: StageResult): Promise<void> {
  const { pipelines, versions } = plane.stores
  const there = new Set((await versions.records(version.id)).map(record => `${record.job} ${record.kind}`))
  const found = (await pipelines.jobs(job.pipeline)).flatMap(other => {
    const result = resultOf(other)
    return result?.kind === 'stage'
      ? [
          {
            job: other.id,
            records: { ...stageRecords(result.result), ...acceptanceOf(other, result.result) },
          },
        ]
      : []
  })
  for (const { job: from, records } of [...found, { job: job.id, records: stageRecords(own) }]) {
    for (const [kind, body] of Object.entries(records)) {
      if (there.has(`${from} ${kind}`)) continue
      await versions.addRecord({
        id: newId('record'),
        version: version.id,
        kind: kind as RecordKind,
        body: body as Json,
        createdAt: plane.clock.now(),
        job: from,
      })
    }
  }
}

/** A stage that could not decide, and went on by a person's word: who took it on themselves is part of the version. */
function acceptanceOf(
  job: Job,
  { stage, verdict, summary }: StageResult,
): Partial<Record<RecordKind, unknown>> {
  if (verdict !== 'inconclusive' || job.state !== 'succeeded') return {}
  return { approval: { stage, reason: job.reason ?? '', summary } }
}

/** What stages state. Approvals, lineage and signatures are not a stage's to give. */
const STAGE_RECORDS: readonly RecordKind[] = [
  'scan',
  'inspection',
  'conversion',
  'evaluation',
  'gates',
  'reference-outputs',
  'serving',
]

function stageRecords({ records }: StageResult): Partial<Record<RecordKind, unknown>> {
  return Object.fromEntries(STAGE_RECORDS.filter(kind => kind in records).map(kind => [kind, records[kind]]))
}
