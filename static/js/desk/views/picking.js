// The picker of all emoji, where there is one: whoever has it puts it here; reactions offer it beside their few.

import { signal } from "@preact/signals";

export const fullPicker = signal(/** @type {((props: {choose: (emoji: string) => void}) => unknown) | null} */ (null));
