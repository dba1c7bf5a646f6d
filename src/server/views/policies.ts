import type { EnvironmentPolicy, Project } from '../../access/index.ts'
import type { ListedPolicy, PolicyView } from '../../api/index.ts'
import { formatCalendar } from '../../core/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { policyOf, storedPolicy } from '../pipelines/policy.ts'

const PRODUCTION = 'production'

export function policyViewOf({ calendar, branches, gates, ...rest }: EnvironmentPolicy): PolicyView {
  return {
    ...rest,
    branches: [...branches],
    gates: [...gates],
    ...(calendar && { calendar: formatCalendar(calendar) }),
  }
}

/** Of production, of each environment that a policy was set for, and of each where a model of the project serves. */
export async function policiesOf(plane: ControlPlane, project: Project): Promise<ListedPolicy[]> {
  const { access, rollouts } = plane.stores
  const set = (await access.policies(project.id)).map(({ environment }) => environment)
  const live = (await rollouts.deployments()).filter(each => each.project === project.id)
  const others = new Set([...set, ...live.map(({ environment }) => environment)].sort())
  others.delete(PRODUCTION)
  return Promise.all(
    [PRODUCTION, ...others].map(async environment => ({
      ...policyViewOf(await policyOf(plane, project, environment)),
      environment,
      set: (await storedPolicy(plane, project.id, environment)) !== undefined,
    })),
  )
}
