import type { PrincipalId, ProjectId, TokenId } from '../core/index.ts'
import type {
  EnvironmentPolicy,
  Principal,
  Project,
  Role,
  SealedSecret,
  SecretScope,
  Token,
} from './types.ts'

export interface AccessStore {
  addPrincipal(principal: Principal): Promise<void>
  principal(id: PrincipalId): Promise<Principal | undefined>
  principalByName(name: string): Promise<Principal | undefined>
  principals(): Promise<readonly Principal[]>
  /** Throws PROJECT_EXISTS. */
  addProject(project: Project): Promise<void>
  project(id: ProjectId): Promise<Project | undefined>
  projectByName(name: string): Promise<Project | undefined>
  projects(): Promise<readonly Project[]>
  /** Replaces the patterns of refs that are protected beside the default branch. */
  protectRefs(id: ProjectId, patterns: readonly string[]): Promise<void>
  removeProject(id: ProjectId): Promise<void>
  setRole(principal: PrincipalId, project: ProjectId, role: Role | undefined): Promise<void>
  roleOf(principal: PrincipalId, project: ProjectId): Promise<Role | undefined>
  members(project: ProjectId): Promise<readonly { readonly principal: Principal; readonly role: Role }[]>
  addToken(token: Token): Promise<void>
  tokenByHash(hash: string): Promise<Token | undefined>
  tokens(principal?: PrincipalId): Promise<readonly Token[]>
  revokeToken(id: TokenId): Promise<void>
  touchToken(id: TokenId): Promise<void>
  policy(project: ProjectId, environment: string): Promise<EnvironmentPolicy | undefined>
  policies(project: ProjectId): Promise<readonly EnvironmentPolicy[]>
  setPolicy(project: ProjectId, policy: EnvironmentPolicy): Promise<void>
  /** Replaces the one of that name for that environment. Stores see sealed text alone. */
  setSecret(scope: SecretScope, secret: SealedSecret): Promise<void>
  /** Whether there was one. */
  removeSecret(scope: SecretScope, name: string, environment: string): Promise<boolean>
  /** By name, then environment. A project's go with it. */
  secrets(scope: SecretScope): Promise<readonly SealedSecret[]>
}
