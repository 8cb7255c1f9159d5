(function () {
  "use strict";
  // Figures are saved from the page itself, as SVG or as PNG of twice the size.
  document.querySelectorAll("a[data-save]").forEach(function (link) {
    var figure = link.closest("figure");
    var svg = figure.querySelector("svg");
    var text = new XMLSerializer().serializeToString(svg);
    function address() {
      return URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    }
    function save(href, name) {
      var a = document.createElement("a");
      a.href = href;
      a.download = name;
      a.click();
    }
    link.addEventListener("click", function (event) {
      event.preventDefault();
      save(address(), figure.id + ".svg");
    });
    var png = document.createElement("button");
    png.type = "button";
    png.textContent = "PNG";
    png.addEventListener("click", function () {
      var image = new Image();
      image.onload = function () {
        var box = svg.viewBox.baseVal;
        var canvas = document.createElement("canvas");
        canvas.width = 2 * box.width;
        canvas.height = 2 * box.height;
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        save(canvas.toDataURL("image/png"), figure.id + ".png");
      };
      image.src = address();
    });
    link.after(" ", png);
  });
  // A table without groups is sorted by the column whose head is pressed.
  function value(row, place) {
    var text = row.cells[place] ? row.cells[place].textContent.trim() : "";
    var number = parseFloat(text.replace(/\u2212/g, "-").replace(/[\u202f<]/g, ""));
    return Number.isFinite(number) ? number : text;
  }
  document.querySelectorAll("figure.table table").forEach(function (table) {
    if (!table.tHead || table.querySelector("tr.group")) return;
    var place = 0;
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head) {
      var here = place;
      place += head.colSpan;
      var button = document.createElement("button");
      button.type = "button";
      button.append.apply(button, Array.prototype.slice.call(head.childNodes));
      head.append(button);
      button.addEventListener("click", function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        table.querySelectorAll("th").forEach(function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        var body = table.tBodies[0];
        Array.prototype.slice.call(body.rows).sort(function (a, b) {
          var x = value(a, here), y = value(b, here);
          var order = typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0)
            : typeof x === "number" ? -1 : 1;
          return up ? order : -order;
        }).forEach(function (row) { body.append(row); });
      });
    });
  });
  // One subject at a time, and one map over its picture, as strong as the slider says.
  function button(text, press) {
    var b = document.createElement("button");
    b.type = "button";
    b.textContent = text;
    b.addEventListener("click", press);
    return b;
  }
  function pressed(all, one) {
    all.forEach(function (b) { b.setAttribute("aria-pressed", String(b === one)); });
  }
  function layered(article) {
    var layers = Array.prototype.slice.call(article.querySelectorAll(".layer"));
    var plain = layers.shift();
    if (!plain || !layers.length || !plain.querySelector("img")) return;
    var stack = document.createElement("div");
    stack.className = "over";
    stack.append(plain.querySelector("img"));
    var top = document.createElement("img");
    stack.append(top);
    plain.prepend(stack);
    var caption = plain.querySelector("figcaption");
    var buttons = layers.map(function (layer) {
      return button(layer.dataset.layer, function () { show(layer); });
    });
    var line = document.createElement("label");
    line.className = "strength";
    var slider = document.createElement("input");
    slider.type = "range";
    slider.min = 0;
    slider.max = 100;
    slider.value = 70;
    slider.addEventListener("input", function () { top.style.opacity = slider.value / 100; });
    line.append("Strength of the map", slider);
    var row = document.createElement("div");
    row.className = "choose";
    row.append.apply(row, buttons);
    stack.after(row, line);
    function show(layer) {
      var image = layer.querySelector("img");
      if (!image) return;
      top.src = image.src;
      top.alt = image.alt;
      top.style.opacity = slider.value / 100;
      caption.innerHTML = layer.querySelector("figcaption").innerHTML;
      pressed(buttons, buttons[layers.indexOf(layer)]);
    }
    layers.forEach(function (layer) { layer.hidden = true; });
    show(layers[0]);
  }
  document.querySelectorAll(".viewer").forEach(function (viewer) {
    var articles = Array.prototype.slice.call(viewer.querySelectorAll("article"));
    var row = document.createElement("div");
    row.className = "choose";
    var buttons = articles.map(function (article) {
      return button(article.querySelector("h3").textContent, function () { choose(article); });
    });
    function choose(article) {
      articles.forEach(function (other) { other.hidden = other !== article; });
      pressed(buttons, buttons[articles.indexOf(article)]);
    }
    row.append.apply(row, buttons);
    viewer.prepend(row);
    viewer.classList.add("scripted");
    articles.forEach(layered);
    choose(articles[0]);
  });
})();
