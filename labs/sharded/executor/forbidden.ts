import type { Parsed } from './script.ts'

/** Options of DECLARE, as parsenodes.h numbers them: CURSOR_OPT_HOLD. */
const WITH_HOLD = 0x0020

const NOT_IN_TRANSACTION = 'it cannot run inside a transaction'
const NOT_PREPARED = 'a transaction that did it cannot be prepared'

/** By kind of statement, for those that never can be part of one (PreventInTransactionBlock, and xact.c: PrepareTransaction). */
const NEVER: Readonly<Record<string, string>> = {
  VacuumStmt: NOT_IN_TRANSACTION,
  CreatedbStmt: NOT_IN_TRANSACTION,
  DropdbStmt: NOT_IN_TRANSACTION,
  CreateTableSpaceStmt: NOT_IN_TRANSACTION,
  DropTableSpaceStmt: NOT_IN_TRANSACTION,
  AlterSystemStmt: NOT_IN_TRANSACTION,
  CreateSubscriptionStmt: NOT_IN_TRANSACTION,
  AlterSubscriptionStmt: NOT_IN_TRANSACTION,
  DropSubscriptionStmt: NOT_IN_TRANSACTION,
  DiscardStmt: NOT_IN_TRANSACTION,
  ListenStmt: NOT_PREPARED,
  UnlistenStmt: NOT_PREPARED,
  NotifyStmt: NOT_PREPARED,
}

/** Savepoints stay within the transaction; everything else of this kind would end it. */
const SAVEPOINTS = ['TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE', 'TRANS_STMT_ROLLBACK_TO']

/** Functions whose effect PREPARE TRANSACTION refuses (snapmgr.c: XactHasExportedSnapshots). */
const FUNCTIONS = ['pg_export_snapshot']

/** Why a statement cannot be part of a transaction that is to be prepared; null when it can. */
export function whyNotPrepared({ kind, node }: Parsed): string | null {
  const never = NEVER[kind]
  if (never !== undefined) return vacuumIsAnalyze(kind, node) ? null : never
  switch (kind) {
    case 'TransactionStmt':
      return SAVEPOINTS.includes(String(node.kind)) ? null : 'the transaction is begun and ended by the executor'
    case 'IndexStmt':
      return node.concurrent === true ? `CONCURRENTLY: ${NOT_IN_TRANSACTION}` : temporary(node)
    case 'DropStmt':
      return node.concurrent === true ? `CONCURRENTLY: ${NOT_IN_TRANSACTION}` : null
    case 'ReindexStmt':
      return reindex(node)
    case 'ClusterStmt':
      return node.relation === undefined ? `without a table, ${NOT_IN_TRANSACTION}` : null
    case 'AlterTableStmt':
      return contains(node, 'concurrent') ? `CONCURRENTLY: ${NOT_IN_TRANSACTION}` : temporary(node)
    case 'AlterDatabaseStmt':
      return contains(node, 'tablespace') ? NOT_IN_TRANSACTION : null
    case 'DeclareCursorStmt':
      return (Number(node.options) & WITH_HOLD) !== 0 ? `WITH HOLD: ${NOT_PREPARED}` : null
    case 'CopyStmt':
      return node.filename === undefined ? 'COPY from or to the client: there is no such client here' : null
    default:
      return calls(node) ?? temporary(node)
  }
}

/** ANALYZE is parsed as a kind of VACUUM, and runs in a transaction. */
function vacuumIsAnalyze(kind: string, node: Parsed['node']): boolean {
  return kind === 'VacuumStmt' && node.is_vacuumcmd !== true
}

function reindex(node: Parsed['node']): string | null {
  const isWhole = ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_SYSTEM', 'REINDEX_OBJECT_DATABASE'].includes(
    String(node.kind),
  )
  const isConcurrent = JSON.stringify(node.params ?? []).includes('"concurrently"')
  return isWhole || isConcurrent ? NOT_IN_TRANSACTION : null
}

/** Whatever is made as temporary: tables, views, sequences, SELECT INTO. */
function temporary(node: Parsed['node']): string | null {
  const isTemporary = JSON.stringify(node).includes('"relpersistence":"t"')
  return isTemporary ? `temporary objects: ${NOT_PREPARED}` : null
}

function calls(node: Parsed['node']): string | null {
  const text = JSON.stringify(node)
  const called = FUNCTIONS.find((name) => text.includes(`"sval":"${name}"`) && text.includes('"FuncCall"'))
  return called === undefined ? null : `${called}(): ${NOT_PREPARED}`
}

function contains(node: Parsed['node'], key: string): boolean {
  const text = JSON.stringify(node)
  return text.includes(`"${key}":true`) || text.includes(`"defname":"${key}"`)
}
