import type { Project } from '../../../access/index.ts'
import type { StageInput } from '../../../api/index.ts'
import type { Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { configOf } from '../starting/config.ts'

export async function stageInput(
  plane: ControlPlane,
  pipeline: Pipeline,
  project: Project,
  stage: StageInput['stage'],
): Promise<StageInput> {
  const config = configOf(pipeline)
  if (!config) throw new TypeError(`Pipeline ${pipeline.id} has jobs and no configuration`)
  const production = await productionOf(plane, config.repository.model.name, project)
  return {
    stage,
    project: project.name,
    commit: pipeline.commit,
    config: config.repository,
    policyGates: [...config.policyGates],
    ...(production && { production }),
  }
}

/** What serves in production now: a gate compares with it. */
async function productionOf(
  plane: ControlPlane,
  model: string,
  project: Project,
): Promise<StageInput['production']> {
  const deployment = await plane.stores.rollouts.deployment(model, 'production')
  if (!deployment || deployment.project !== project.id) return undefined
  const version = await plane.stores.versions.byId(deployment.stable)
  if (!version) return undefined
  return {
    versionId: version.id,
    number: version.number,
    config: version.manifest.config,
    files: version.manifest.files.map(file => ({ ...file })),
  }
}
