import '@mantine/core/styles.css'
import '@/ui/theme-variables.css'
import '@/ui/tones.css'
import '@/ui/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Page } from './page'
import { createServices } from './services'

const place = document.getElementById('page')
if (place === null) throw new Error('index.html has no element with the id "page"')

const services = createServices()
void services.session.start()
createRoot(place).render(<StrictMode><Page services={services} /></StrictMode>)
