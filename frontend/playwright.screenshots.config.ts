import { defineConfig } from '@playwright/test'
import usual from './playwright.config.ts'

export default defineConfig(usual, { testMatch: '*.shots.ts', workers: 2, fullyParallel: true })
