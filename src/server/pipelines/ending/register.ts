import type { StageResult } from '../../../api/index.ts'
import { type Digest, type Json, newId } from '../../../core/index.ts'
import { keepCommit } from '../../../git/index.ts'
import type { Job } from '../../../pipeline/index.ts'
import {
  makeManifest,
  manifestDigest,
  RECORD_KINDS,
  type RecordKind,
  type Version,
} from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { configOf } from '../starting/config.ts'
import { resultOf } from './results.ts'

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
  plane.changes.tell({ kind: 'model', project: pipeline.project, model: version.model })
  return version
}

async function addRecords(plane: ControlPlane, version: Version, job: Job, own: StageResult): Promise<void> {
  const { pipelines, versions } = plane.stores
  const there = new Set((await versions.records(version.id)).map(record => `${record.job} ${record.kind}`))
  const found = (await pipelines.jobs(job.pipeline)).flatMap(other => {
    const result = resultOf(other)
    return result?.kind === 'stage'
      ? [{ job: other.id, records: { ...result.result.records, ...acceptanceOf(other, result.result) } }]
      : []
  })
  for (const { job: from, records } of [...found, { job: job.id, records: own.records }]) {
    for (const [kind, body] of Object.entries(records)) {
      if (!isRecordKind(kind) || there.has(`${from} ${kind}`)) continue
      await versions.addRecord({
        id: newId('record'),
        version: version.id,
        kind,
        body: body as Json,
        createdAt: plane.clock.now(),
        job: from,
      })
    }
  }
}

/** A stage that could not decide, and went on by a person's word: who took it on themselves is part of the version. */
function acceptanceOf(job: Job, { stage, verdict, summary }: StageResult): Record<string, unknown> {
  if (verdict !== 'inconclusive' || job.state !== 'succeeded') return {}
  return { approval: { stage, reason: job.reason ?? '', summary } }
}

function isRecordKind(kind: string): kind is RecordKind {
  return (RECORD_KINDS as readonly string[]).includes(kind)
}
