/** The control units of a vehicle as a tree: built from the answers of DiscoverECUs, searched, and walked by keys. Pure. */

type Payload = Readonly<Record<string, unknown>>

export interface EcuNode {
  /** `component`, else the address: as commands name it, and unique. */
  readonly id: string
  readonly name: string
  readonly kind: 'ecu' | 'app'
  /** 0x1010; null for software without an address of its own. */
  readonly ecuAddress: string | null
  /** The id of a SOVD component or app; null for a classic ECU. */
  readonly component: string | null
  readonly variant: string | null
  /** Where its own SOVD server serves it. */
  readonly href: string | null
  /** What a SOVD component offers: data, faults, operations, … */
  readonly resources: readonly string[]
  /** Set where it was expected but did not answer. */
  readonly problem: string | null
  readonly children: readonly EcuNode[]
}

/** Puts the answers of one DiscoverECUs together. Parts of a component hang below it (their href says so). */
export function buildEcuTree(payloads: readonly Payload[]): readonly EcuNode[] {
  const found = new Map<string, EcuNode>()
  for (const payload of payloads) {
    const node = readEcu(payload.ecu) ?? null
    if (node !== null) found.set(node.id, node)
    for (const silent of list(payload.ecusNotAnswered)) {
      const missing = readSilent(silent)
      if (missing !== null && !found.has(missing.id)) found.set(missing.id, missing)
    }
  }
  return nest([...found.values()])
}

function readEcu(value: unknown): EcuNode | null {
  const ecu = record(value)
  if (ecu === null) return null
  const href = words(ecu.href)
  const ecuAddress = words(ecu.ecuAddress)
  // A classic ECU repeats its name as component, but only a SOVD server knows components by it.
  const component = href === null && ecuAddress !== null ? null : words(ecu.component)
  const id = component ?? ecuAddress
  if (id === null) return null
  return {
    id,
    name: words(ecu.name) ?? words(ecu.component) ?? id,
    kind: ecu.entityType === 'app' ? 'app' : 'ecu',
    ecuAddress,
    component,
    variant: words(ecu.variant),
    href,
    resources: list(ecu.resources).filter((resource) => typeof resource === 'string'),
    problem: null,
    children: [],
  }
}

function readSilent(value: unknown): EcuNode | null {
  const silent = typeof value === 'string' ? { ecuAddress: value } : record(value)
  if (silent === null) return null
  const ecuAddress = words(silent.ecuAddress)
  const component = words(silent.component)
  const id = component ?? ecuAddress
  if (id === null) return null
  const problem = words(silent.reason) ?? 'It did not answer.'
  return { id, name: id, kind: 'ecu', ecuAddress, component, variant: null, href: null, resources: [], problem, children: [] }
}

function nest(nodes: readonly EcuNode[]): readonly EcuNode[] {
  const below = new Map<string | null, EcuNode[]>()
  for (const node of nodes) {
    const parent = parentOf(node, nodes)?.id ?? null
    below.set(parent, [...(below.get(parent) ?? []), node])
  }
  const grow = (parent: string | null): readonly EcuNode[] =>
    (below.get(parent) ?? [])
      .map((node) => ({ ...node, children: grow(node.id) }))
      .sort((one, other) => order(one).localeCompare(order(other), 'en'))
  return grow(null)
}

function parentOf({ href }: EcuNode, nodes: readonly EcuNode[]): EcuNode | null {
  if (href === null) return null
  const above = nodes.filter((node) => node.href !== null && node.href !== href && href.startsWith(`${node.href.replace(/\/$/, '')}/`))
  return above.sort((one, other) => (other.href?.length ?? 0) - (one.href?.length ?? 0))[0] ?? null
}

function order({ ecuAddress, name }: EcuNode): string {
  return ecuAddress === null ? `~${name}` : ecuAddress.toLowerCase().replace(/^0x/, '').padStart(4, '0')
}

/** Only what matches, with the way to it. An empty search keeps everything. */
export function searchTree(nodes: readonly EcuNode[], search: string): readonly EcuNode[] {
  const wanted = search.trim().toLowerCase().split(/\s+/).filter((word) => word !== '')
  if (wanted.length === 0) return nodes
  return nodes.flatMap((node) => {
    if (wanted.every((word) => nodeText(node).includes(word))) return [node]
    const children = searchTree(node.children, search)
    return children.length > 0 ? [{ ...node, children }] : []
  })
}

function nodeText({ id, name, ecuAddress, variant, resources }: EcuNode): string {
  return [id, name, ecuAddress ?? '', variant ?? '', ...resources].join(' ').toLowerCase()
}

export interface TreeRow {
  readonly node: EcuNode
  /** From 1, as aria-level counts. */
  readonly level: number
  readonly position: number
  readonly siblings: number
  readonly isOpen: boolean
  readonly parentId: string | null
}

/** The rows on screen, in order. */
export function visibleRows(nodes: readonly EcuNode[], closed: ReadonlySet<string>, level = 1, parentId: string | null = null): TreeRow[] {
  return nodes.flatMap((node, index) => {
    const isOpen = node.children.length > 0 && !closed.has(node.id)
    const row: TreeRow = { node, level, position: index + 1, siblings: nodes.length, isOpen, parentId }
    return isOpen ? [row, ...visibleRows(node.children, closed, level + 1, node.id)] : [row]
  })
}

export type TreeMove = { readonly go: string } | { readonly open: string } | { readonly close: string }

/** What a key does (ARIA Authoring Practices, tree view); null for keys that the tree does not take. */
export function treeMove(rows: readonly TreeRow[], currentId: string | null, key: string): TreeMove | null {
  const index = rows.findIndex(({ node }) => node.id === currentId)
  const row = rows[index]
  const at = (wanted: number): TreeMove | null => {
    const target = rows[Math.max(0, Math.min(rows.length - 1, wanted))]
    return target === undefined ? null : { go: target.node.id }
  }
  switch (key) {
    case 'ArrowDown':
      return at(index + 1)
    case 'ArrowUp':
      return at(index - 1)
    case 'Home':
      return at(0)
    case 'End':
      return at(rows.length - 1)
    case 'ArrowRight':
      return row === undefined || row.node.children.length === 0 ? null : row.isOpen ? at(index + 1) : { open: row.node.id }
    case 'ArrowLeft':
      return row === undefined ? null : upwards(row)
    default:
      return key.length === 1 && key !== ' ' ? typed(rows, index, key.toLowerCase()) : null
  }
}

function upwards({ node, isOpen, parentId }: TreeRow): TreeMove | null {
  if (isOpen) return { close: node.id }
  return parentId === null ? null : { go: parentId }
}

function typed(rows: readonly TreeRow[], index: number, letter: string): TreeMove | null {
  const later = [...rows.slice(index + 1), ...rows.slice(0, Math.max(0, index))]
  const target = later.find(({ node }) => node.name.toLowerCase().startsWith(letter))
  return target === undefined ? null : { go: target.node.id }
}

/** How commands name it: a component by its id, a classic ECU by its address. */
export function targetParams({ component, ecuAddress }: EcuNode): Readonly<Record<string, string>> {
  if (component !== null) return { component }
  return ecuAddress === null ? {} : { ecuAddress }
}

export function countNodes(nodes: readonly EcuNode[]): number {
  return nodes.reduce((sum, { children }) => sum + 1 + countNodes(children), 0)
}

export function findNode(nodes: readonly EcuNode[], id: string): EcuNode | null {
  for (const node of nodes) {
    const found = node.id === id ? node : findNode(node.children, id)
    if (found !== null) return found
  }
  return null
}

function record(value: unknown): Payload | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : null
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function words(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
