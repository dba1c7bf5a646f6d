import type { Project } from '../../../access/index.ts'
import { type Instant, newId } from '../../../core/index.ts'
import { readRefs } from '../../../git/index.ts'
import type { Environment, EnvironmentDeployment, Job, Pipeline } from '../../../pipeline/index.ts'
import type { StoredRollout } from '../../../rollout/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { SerialByKey } from '../../serial.ts'
import type { EnvironmentStops } from '../environments/stops.ts'
import { endpointOf } from './endpoint.ts'

/** Of one project at once: each holds a model ready, and nobody looks after more. */
export const MAX_PREVIEWS = 10
/** Each loses against somebody who saved meanwhile; more is no race. */
const MAX_TRIES = 10

/** A deploy job of a preview. */
export interface PreviewJob {
  readonly pipeline: Pipeline
  readonly job: Job
  readonly model: string
  readonly environment: string
  readonly expiresMs: number
}

/**
 * Private endpoints for branches: the life of their environments. The environment is there before its first rollout
 * begins, so that whatever a crash leaves is found and taken down by its branch's end or by its time.
 */
export class Previews {
  readonly #plane: ControlPlane
  readonly #stops: EnvironmentStops
  readonly #serial = new SerialByKey()

  constructor(plane: ControlPlane, stops: EnvironmentStops) {
    this.#plane = plane
    this.#stops = stops
  }

  /**
   * Makes the environment available and has `start` add the rollout; bears repeating. Gives why there is none
   * instead: its branch has gone, or another has its name.
   */
  async begin(asked: PreviewJob, start: () => Promise<void>): Promise<string | undefined> {
    const { pipeline, environment: name } = asked
    const { delivery, access } = this.#plane.stores
    const project = await access.project(pipeline.project)
    if (!project) return 'Its project was deleted'
    const { id, refusal } = await this.#serial.run(project.id, async () => {
      const before = await delivery.environmentByName(project.id, name)
      await this.#makeRoom(project, name)
      const id = before?.id ?? newId('environment')
      const refusal = await this.#stops.serially(id, async () => {
        const taken = await this.#open(project, { ...asked, id })
        if (taken !== undefined) return taken
        // After it: who deletes the branch from here on finds the environment.
        if (!(await this.#branchIsThere(pipeline))) return GONE
        await start()
        return undefined
      })
      return { id, refusal }
    })
    if (refusal === GONE) await this.#stops.stop({ id }, GONE)
    return refusal
  }

  /** The longest unchanged go where there are too many: soon, so that nothing waits for it here. */
  async #makeRoom(project: Project, name: string): Promise<void> {
    const all = await this.#plane.stores.delivery.environments(project.id)
    const others = all
      .filter(
        ({ model, state, name: other }) => model !== undefined && state === 'available' && other !== name,
      )
      .toSorted((a, b) => a.updatedAt - b.updatedAt)
    const reason = `made room for ${name}: a project has ${MAX_PREVIEWS} previews at most`
    for (const oldest of others.slice(0, Math.max(0, others.length + 1 - MAX_PREVIEWS)))
      await this.#stops.mark(oldest, reason)
  }

  async #open(
    project: Project,
    { pipeline, environment: name, model, expiresMs, id }: PreviewJob & Pick<Environment, 'id'>,
  ): Promise<string | undefined> {
    const { delivery } = this.#plane.stores
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const before = await delivery.environmentByName(project.id, name)
      const refusal = before && whyTaken(before, pipeline.ref)
      if (refusal) return refusal
      const now = this.#plane.clock.now()
      const saved = await delivery.saveEnvironment(
        {
          id: before?.id ?? id,
          project: project.id,
          name,
          slug: name,
          tier: 'development',
          url: endpointOf(this.#plane.settings, model, name),
          state: 'available',
          ref: pipeline.ref,
          stopAsked: false,
          model,
          autoStopAt: (now + expiresMs) as Instant,
          ...(before?.deployment && { deployment: before.deployment }),
          revision: (before?.revision ?? 0) + 1,
          createdAt: before?.createdAt ?? now,
          updatedAt: now,
        },
        before?.revision,
      )
      if (saved !== 'moved on') return undefined
    }
    return `${name} is changed by others all the time`
  }

  async #branchIsThere({ project, ref }: Pipeline): Promise<boolean> {
    return (await readRefs(repositoryDirectory(this.#plane.settings, project))).has(ref)
  }

  /** Its rollout has ended: once for each. Gives the line that tells of the endpoint, where it serves. */
  async ended(rollout: StoredRollout, { pipeline, job, expiresMs }: PreviewJob): Promise<string | undefined> {
    const { delivery } = this.#plane.stores
    const succeeded = rollout.phase === 'promoted'
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const before = await delivery.environmentByName(rollout.project, rollout.environment)
      if (before?.model !== rollout.model) return undefined
      const now = this.#plane.clock.now()
      const deployment = deploymentOf(rollout, pipeline, job, before, now)
      const until = (now + expiresMs) as Instant
      const after: Environment = {
        ...before,
        ...(succeeded && before.state === 'available' && { autoStopAt: until }),
        ...(succeeded && { deployment: deployment.id }),
        revision: before.revision + 1,
        updatedAt: now,
      }
      const saved = await delivery.saveEnvironment(after, before.revision, deployment)
      if (saved === 'moved on') continue
      return succeeded && before.url !== undefined
        ? `serves at ${before.url}, for who has a token`
        : undefined
    }
    return undefined
  }
}

const GONE = 'its branch was deleted'

function whyTaken({ name, model, state, ref }: Environment, wanted: string): string | undefined {
  if (state === 'stopped') return undefined
  if (model === undefined) return `${name} is an environment that scripts deploy to`
  return ref === wanted ? undefined : `${name} previews ${ref.replace(/^refs\/heads\//, '')}`
}

function deploymentOf(
  rollout: StoredRollout,
  pipeline: Pipeline,
  job: Job,
  environment: Environment,
  now: Instant,
): EnvironmentDeployment {
  return {
    id: newId('environmentDeployment'),
    environment: environment.id,
    attempt: rollout.id,
    job: job.id,
    pipeline: pipeline.id,
    commit: pipeline.commit,
    ref: pipeline.ref,
    by: pipeline.principal,
    state: rollout.phase === 'promoted' ? 'succeeded' : 'failed',
    createdAt: now,
  }
}
