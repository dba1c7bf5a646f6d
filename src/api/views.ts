/**
 * What the control plane tells people and scripts: the JSON of `/api/v1`, read by the web UI and the command.
 * Times are ISO 8601 in UTC; durations are milliseconds; parts are fractions of one.
 */
export * from './views/changes.ts'
export * from './views/errors.ts'
export * from './views/models.ts'
export * from './views/pipelines.ts'
export * from './views/projects.ts'
export * from './views/promotions.ts'
export * from './views/rollouts.ts'
export * from './views/states.ts'
export * from './views/versions.ts'
