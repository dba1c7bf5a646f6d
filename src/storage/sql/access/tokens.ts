import type { AccessStore } from '../../../access/ports.ts'
import type { Scope, Token } from '../../../access/types.ts'
import type { Clock, PrincipalId, ProjectId, TokenId } from '../../../core/index.ts'
import { isLimits, isTexts } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type TokenStore = Pick<AccessStore, 'addToken' | 'tokenByHash' | 'tokens' | 'revokeToken' | 'touchToken'>

export function tokens(db: Db, clock: Clock): TokenStore {
  return {
    async addToken(token) {
      await db.insertInto('tokens').values(rowOf(token)).execute()
    },
    async tokenByHash(hash) {
      const row = await db.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst()
      return row && tokenOf(row)
    },
    async tokens(principal) {
      const query = db.selectFrom('tokens').selectAll().orderBy('created_at').orderBy('id')
      const rows = await (principal ? query.where('principal', '=', principal) : query).execute()
      return rows.map(tokenOf)
    },
    async revokeToken(id) {
      await db
        .updateTable('tokens')
        .set({ revoked_at: clock.now() })
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .execute()
    },
    async touchToken(id) {
      await db.updateTable('tokens').set({ last_used_at: clock.now() }).where('id', '=', id).execute()
    },
  }
}

function rowOf(token: Token) {
  return {
    id: token.id,
    principal: token.principal,
    name: token.name,
    hash: token.hash,
    scopes: JSON.stringify(token.scopes),
    project: token.project ?? null,
    created_at: token.createdAt,
    expires_at: token.expiresAt ?? null,
    revoked_at: token.revokedAt ?? null,
    last_used_at: token.lastUsedAt ?? null,
    limits: token.limits ? JSON.stringify(token.limits) : null,
  }
}

function tokenOf(row: object): Token {
  const read = new RowReader('tokens', row)
  return {
    id: read.text<TokenId>('id'),
    principal: read.text<PrincipalId>('principal'),
    name: read.text('name'),
    hash: read.text('hash'),
    scopes: read.json('scopes', isTexts<Scope>),
    createdAt: read.instant('created_at'),
    ...present({
      project: read.optional('project', column => read.text<ProjectId>(column)),
      expiresAt: read.optional('expires_at', column => read.instant(column)),
      revokedAt: read.optional('revoked_at', column => read.instant(column)),
      lastUsedAt: read.optional('last_used_at', column => read.instant(column)),
      limits: read.optional('limits', column => read.json(column, isLimits)),
    }),
  }
}
