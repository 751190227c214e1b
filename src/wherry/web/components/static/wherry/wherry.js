// Small improvements over pages that already work without any script.
const script = document.getElementById("wherry-script");
const nhsuk = await import(script.dataset.nhsuk);
nhsuk.initAll();

// A filter form that sends itself when a choice changes; its button stays for everyone else.
for (const form of document.querySelectorAll("form[data-autosubmit]")) {
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) form.requestSubmit();
  });
}
