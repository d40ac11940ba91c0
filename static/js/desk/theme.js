/* The look that was chosen here, before anything is drawn: loaded in the head, and not as a module. */
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* private mode */ }
