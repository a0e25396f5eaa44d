import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { treeMove, visibleRows, type EcuNode, type TreeRow } from '@/domain/ecu-tree'
import { codesOf, type KnownCode } from '@/domain/ecu-tree-codes'
import { formatCount } from '@/domain/durations'
import { ToneBadge } from '@/ui/status-badge'
import classes from './vehicle.module.css'

interface EcuTreeProps {
  readonly nodes: readonly EcuNode[]
  readonly codes: readonly KnownCode[]
  readonly selectedId: string | null
  readonly onSelect: (id: string) => void
}

/** Keys as the ARIA Authoring Practices say for a tree view: arrows, Home, End, letters, Enter. */
export function EcuTree({ nodes, codes, selectedId, onSelect }: EcuTreeProps) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [focusedId, setFocusedId] = useState<string | null>(null)
  const tree = useRef<HTMLDivElement>(null)
  const mustFocus = useRef(false)
  const rows = visibleRows(nodes, closed)
  const isNested = nodes.some(({ children }) => children.length > 0)
  const has = (id: string | null) => rows.some(({ node }) => node.id === id)
  // One row can be reached by Tab: the one that had the focus last, else the selected one, else the first.
  const currentId = has(focusedId) ? focusedId : has(selectedId) ? selectedId : (rows[0]?.node.id ?? null)

  useEffect(() => {
    if (!mustFocus.current) return
    mustFocus.current = false
    tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
  }, [currentId])

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      if (currentId !== null) onSelect(currentId)
      return
    }
    const move = treeMove(rows, currentId, event.key)
    if (move === null) return
    event.preventDefault()
    event.stopPropagation()
    if ('go' in move) {
      mustFocus.current = move.go !== currentId
      setFocusedId(move.go)
    } else if ('open' in move) toggle(move.open)
    else toggle(move.close)
  }

  function toggle(id: string) {
    setClosed((before) => {
      const next = new Set(before)
      if (!next.delete(id)) next.add(id)
      return next
    })
  }

  return (
    <div role="tree" tabIndex={-1} aria-label="Control units" className={classes.tree} ref={tree} onKeyDown={onKeyDown}>
      {rows.map((row) => (
        <TreeItem
          key={row.node.id} row={row} isNested={isNested} codes={codesOf(codes, row.node).length} isSelected={row.node.id === selectedId} isReachable={row.node.id === currentId}
          onPick={() => {
            setFocusedId(row.node.id)
            onSelect(row.node.id)
          }}
          onToggle={() => toggle(row.node.id)}
        />
      ))}
    </div>
  )
}

interface TreeItemProps {
  readonly row: TreeRow
  /** Whether any unit has parts, and so a place to fold them. */
  readonly isNested: boolean
  readonly codes: number
  readonly isSelected: boolean
  readonly isReachable: boolean
  readonly onPick: () => void
  readonly onToggle: () => void
}

function TreeItem({ row, isNested, codes, isSelected, isReachable, onPick, onToggle }: TreeItemProps) {
  const { node, level, position, siblings, isOpen } = row
  const isParent = node.children.length > 0
  const Sign = isOpen ? IconChevronDown : IconChevronRight
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree around it takes the keys
    <div
      role="treeitem" aria-level={level} aria-posinset={position} aria-setsize={siblings} aria-selected={isSelected}
      aria-expanded={isParent ? isOpen : undefined} tabIndex={isReachable ? 0 : -1} onClick={onPick}
      className={classes.item} style={{ paddingInlineStart: `${String(level * 1.1 - 0.6)}rem` }}
    >
      {isNested && (
        <span
          aria-hidden className={classes.fold}
          onClick={(event) => {
            if (!isParent) return
            event.stopPropagation()
            onToggle()
          }}
        >
          {isParent && <Sign size={16} />}
        </span>
      )}
      <span className={classes.name}>{node.name}{node.kind === 'app' && <span className={classes.quiet}> (app)</span>}</span>
      {node.ecuAddress !== null && node.ecuAddress !== node.name && <span className={classes.address}>{node.ecuAddress}</span>}
      {node.problem !== null && <ToneBadge tone="warning">No answer</ToneBadge>}
      {codes > 0 && <ToneBadge tone="bad">{formatCount(codes, 'code')}</ToneBadge>}
    </div>
  )
}
