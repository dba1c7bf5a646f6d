import type { CommitId, Digest, JobId, ProjectId, RecordId, VersionId } from '../../../../core/index.ts'
import {
  RECORD_KINDS,
  type Version,
  type VersionManifest,
  type VersionRecord,
} from '../../../../registry/types.ts'
import { has, isJson } from '../../json.ts'
import { present, RowReader } from '../../row.ts'

export function versionRow(version: Version) {
  return {
    id: version.id,
    project: version.project,
    model: version.model,
    number: version.number,
    digest: version.digest,
    manifest: JSON.stringify(version.manifest),
    job: version.job ?? null,
    created_at: version.createdAt,
    commit_id: version.manifest.commit satisfies CommitId,
  }
}

const isManifest = has<VersionManifest>({ model: 'string', commit: 'string', files: 'array', config: 'any' })

export function versionOf(row: object): Version {
  const read = new RowReader('versions', row)
  return {
    id: read.text<VersionId>('id'),
    project: read.text<ProjectId>('project'),
    model: read.text('model'),
    number: read.number('number'),
    digest: read.text<Digest>('digest'),
    manifest: read.json('manifest', isManifest),
    createdAt: read.instant('created_at'),
    ...present({
      job: read.optional('job', column => read.text<JobId>(column)),
      expired: read.optional('expired_at', column => ({
        at: read.instant(column),
        reason: read.text('expired_reason'),
      })),
    }),
  }
}

export function recordRow(record: VersionRecord) {
  return {
    id: record.id,
    version: record.version,
    kind: record.kind,
    body: JSON.stringify(record.body),
    job: record.job ?? null,
    created_at: record.createdAt,
    origin: record.origin ? JSON.stringify(record.origin) : null,
  }
}

const isOrigin = has<NonNullable<VersionRecord['origin']>>({ server: 'string', id: 'string' })

export function recordOf(row: object): VersionRecord {
  const read = new RowReader('version_records', row)
  return {
    id: read.text<RecordId>('id'),
    version: read.text<VersionId>('version'),
    kind: read.choice('kind', RECORD_KINDS),
    body: read.json('body', isJson),
    createdAt: read.instant('created_at'),
    ...present({
      job: read.optional('job', column => read.text<JobId>(column)),
      origin: read.optional('origin', column => read.json(column, isOrigin)),
    }),
  }
}
