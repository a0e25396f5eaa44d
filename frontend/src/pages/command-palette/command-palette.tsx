import { Spotlight, createSpotlight, type SpotlightActionData } from '@mantine/spotlight'
import '@mantine/spotlight/styles.css'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useUser } from '@/session/session-context'
import { places } from '@/ui/places'

/** What Ctrl-K opens. The shell loads it when it is asked for, and takes it away after `onClose`. */
export default function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate()
  const { role } = useUser()
  const [[store, spotlight]] = useState(createSpotlight)
  useEffect(() => spotlight.open(), [spotlight])
  const actions: SpotlightActionData[] = places(role).map(({ to, label, description }) => ({
    id: to,
    label,
    description,
    onClick: () => void navigate({ to }),
  }))
  return (
    <Spotlight
      store={store}
      actions={actions}
      shortcut={null}
      onSpotlightClose={onClose}
      nothingFound="Nothing fits. Try the name of a page."
      searchProps={{ placeholder: 'Go to…', leftSection: <IconSearch size={18} aria-hidden />, 'aria-label': 'Search' }}
    />
  )
}
