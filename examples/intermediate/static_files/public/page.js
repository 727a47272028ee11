document.getElementById("words").textContent = "The script has run.";
