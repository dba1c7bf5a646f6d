import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { TokensPage } from '../access/tokens-page.tsx'
import { DeploymentsPage } from '../deployments/page.tsx'
import { deploymentsSearch } from '../deployments/search.ts'
import { FleetPage } from '../fleet/page.tsx'
import { ModelPage } from '../models/page.tsx'
import { PipelinePage } from '../pipelines/page.tsx'
import { ProjectPage } from '../projects/project-page.tsx'
import { ProjectsPage } from '../projects/projects-page.tsx'
import { projectSearch } from '../projects/tabs.tsx'
import { FoundRollout } from '../rollouts/found.tsx'
import { RolloutPage } from '../rollouts/page.tsx'
import { NotFound } from './not-found.tsx'
import { Root } from './root.tsx'

const root = createRootRoute({ component: Root, notFoundComponent: NotFound })
const fleet = createRoute({ getParentRoute: () => root, path: '/', component: FleetPage })
const projects = createRoute({ getParentRoute: () => root, path: '/projects' })
const projectList = createRoute({ getParentRoute: () => projects, path: '/', component: ProjectsPage })
/** A project's name may have slashes: team/digits. */
const project = createRoute({
  getParentRoute: () => projects,
  path: '$',
  validateSearch: projectSearch,
  component: function Project() {
    const { _splat } = project.useParams()
    return <ProjectPage key={_splat} name={_splat ?? ''} search={project.useSearch()} />
  },
})
const pipeline = createRoute({
  getParentRoute: () => root,
  path: '/pipelines/$id',
  validateSearch: (search: Record<string, unknown>): { job?: string } =>
    typeof search['job'] === 'string' ? { job: search['job'] } : {},
  component: function Pipeline() {
    const { id } = pipeline.useParams()
    const { job } = pipeline.useSearch()
    return <PipelinePage key={id} id={id} job={job} />
  },
})
const model = createRoute({
  getParentRoute: () => root,
  path: '/models/$model',
  component: function Model() {
    const { model: name } = model.useParams()
    return <ModelPage key={name} name={name} />
  },
})
const rollout = createRoute({
  getParentRoute: () => root,
  path: '/models/$model/rollouts/$id',
  component: function Rollout() {
    const { model: name, id } = rollout.useParams()
    return <RolloutPage key={id} model={name} id={id} />
  },
})
const rolloutById = createRoute({
  getParentRoute: () => root,
  path: '/rollouts/$id',
  component: function RolloutById() {
    return <FoundRollout id={rolloutById.useParams().id} />
  },
})
const deployments = createRoute({
  getParentRoute: () => root,
  path: '/deployments',
  validateSearch: deploymentsSearch,
  component: function Deployments() {
    return <DeploymentsPage search={deployments.useSearch()} />
  },
})
const tokens = createRoute({ getParentRoute: () => root, path: '/tokens', component: TokensPage })

export const router = createRouter({
  routeTree: root.addChildren([
    fleet,
    projects.addChildren([projectList, project]),
    pipeline,
    model,
    rollout,
    rolloutById,
    deployments,
    tokens,
  ]),
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
