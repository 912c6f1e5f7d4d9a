# Regression estimates: estimatr, and beside it clubSandwich, sandwich, AER or the formula itself.
# Rscript linear.R > linear.csv        (R 4.2.2 and the packages of Debian 12)
#
# Rows of kind `data` hold a column of a data set; the other rows hold
#   estimate, std. error, df, p, lower, upper        (level 0.95)
# unless said otherwise.
suppressMessages({library(estimatr); library(clubSandwich); library(sandwich); library(AER)})
out <- function(kind, data, variant, numbers)
  cat(kind, data, variant, paste(formatC(as.numeric(numbers), digits = 17, format = "g", width = -1),
                                 collapse = " "), sep = ",", fill = 1e6)
cat("kind,data,variant,numbers\n")
same <- function(a, b, tolerance = 1e-8)
  stopifnot(isTRUE(all.equal(as.numeric(a), as.numeric(b), tolerance = tolerance)))
row <- function(fit, term = "z") {
  t <- tidy(fit); t <- t[t$term == term, ]
  as.numeric(t[c("estimate", "std.error", "df", "p.value", "conf.low", "conf.high")])
}
by_t <- function(b, se, df) {
  h <- qt(0.975, df) * se
  c(b, se, df, 2 * pt(-abs(b / se), df), b - h, b + h)
}

# --- data -------------------------------------------------------------------------------------
set.seed(20240611)
sets <- list(
  mtcars = with(mtcars, data.frame(y = mpg, z = am, x1 = wt, x2 = hp, w = qsec, cl = carb)),
  tooth = with(ToothGrowth, data.frame(y = len, z = as.numeric(supp == "OJ"), x1 = dose)),
  # R's ill-conditioned classic: the condition number of the columns is some 1e9.
  longley = with(longley, data.frame(y = Employed, z = rep(0:1, 8), x1 = GNP.deflator, x2 = GNP,
                                     x3 = Unemployed, x4 = Armed.Forces, x5 = Population,
                                     x6 = Year)),
  # Pairs and blocks by z are those of the experiments.
  sleep = with(sleep, data.frame(y = extra, z = as.numeric(group == 2), s = as.numeric(ID))),
  npk = with(npk, data.frame(y = yield, z = as.numeric(N) - 1, s = as.numeric(block),
                             x1 = as.numeric(P) - 1, x2 = as.numeric(K) - 1)),
  warp = with(warpbreaks, data.frame(y = breaks, z = as.numeric(wool == "B"),
                                     s = as.numeric(tension)))
)
# Fourteen clusters of 1 to 23 rows, drawn whole; weights and covariates within.
sizes <- c(1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 11, 13, 17, 23)
cl <- rep(seq_along(sizes), sizes)
sets$whole <- data.frame(
  y = round(rnorm(length(sizes))[cl] + rnorm(length(cl)) + 0.5 * (cl %% 2), 3),
  z = as.numeric(cl %% 2), x1 = round(rnorm(length(cl)), 3),
  x2 = round(rnorm(length(sizes))[cl], 3), w = round(runif(length(cl), 0.5, 3), 2), cl = cl
)[sample(length(cl)), ]
# Clusters in which both arms occur.
sets$within <- transform(sets$whole, z = rbinom(length(cl), 1, 0.4), y = round(y + 0.1 * x1, 4))
# Four strata of clusters of unequal size; eight pairs of clusters.
unit <- rep(1:22, 1 + (1:22 * 7) %% 5)
sets$blocks <- data.frame(y = round(rnorm(22)[unit] + rnorm(length(unit)), 3),
                          z = (c(0, 1, 1, 0, 1, 0)[1 + unit %% 6]), cl = unit,
                          s = c(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4)[unit])
unit <- rep(1:16, 2 + (1:16 * 5) %% 7)
sets$couples <- data.frame(y = round(rnorm(16)[unit] + rnorm(length(unit)), 3), z = unit %% 2,
                           cl = unit, s = (unit + 1) %/% 2)
# Take-up after an offer, in three strengths.
n <- 60
offered <- function(pull) {
  z <- rep(0:1, n / 2); u <- rnorm(n); x <- round(rnorm(n), 3)
  d <- as.numeric(pull * z + 0.6 * u + rnorm(n) > 0.5)
  data.frame(y = round(0.8 * d + u + 0.3 * x + rnorm(n), 3), z = z, d = d, x1 = x,
             s = rep(1:3, each = n / 3), cl = rep(1:20, each = 3)[order(rep(1:3, 20))])
}
sets$taken <- offered(1.8); sets$faint <- offered(0.35); sets$none <- offered(0)
sets$thirds <- with(sets$within, data.frame(y, z, x1, w, cl, s = 1 + cl %% 3))
for (name in names(sets)) for (column in names(sets[[name]]))
  out("data", name, column, sets[[name]][[column]])

# --- ols and lin ------------------------------------------------------------------------------
forms <- list(mtcars = c("x1", "x2"), tooth = "x1", longley = paste0("x", 1:6),
              npk = c("x1", "x2"), whole = c("x1", "x2"), within = c("x1", "x2"), warp = NULL)
kinds <- c("classical", "HC0", "HC1", "HC2", "HC3")
bell <- function(fit, cluster, term = "z", ...) {
  test <- suppressWarnings(coef_test(fit, vcovCR(fit, cluster, "CR2", ...), "Satterthwaite"))
  i <- which(rownames(test) == term)
  by_t(test$beta[i], test$SE[i], test[[if ("df" %in% names(test)) "df" else "df_Satt"]][i])
}
for (name in names(forms)) {
  d <- sets[[name]]; x <- forms[[name]]
  f <- reformulate(c("z", x), "y")
  # Lin's by hand for clubSandwich: covariates centred, then interacted.
  centred <- d; for (v in x) centred[[v]] <- d[[v]] - mean(d[[v]])
  g <- if (length(x)) reformulate(paste0("z * ", x), "y") else f
  models <- list(ols = lm(f, d))
  if (length(x) && name != "longley") models$lin <- lm(g, centred)
  for (model in names(models)) {
    fit <- models[[model]]
    for (se in kinds) {
      r <- row(if (model == "ols") lm_robust(f, d, se_type = se) else
        lm_lin(y ~ z, reformulate(x), data = d, se_type = se))
      v <- if (se == "classical") vcov(fit) else vcovHC(fit, se)
      # QR without pivoting against QR: on Longley's columns they differ by 1e-7 between them.
      same(r[1:2], c(coef(fit)["z"], sqrt(v["z", "z"])), if (name == "longley") 1e-5 else 1e-8)
      b <- coef(fit)["z"]
      out(model, name, tolower(se), by_t(b, sqrt(v["z", "z"]), fit$df.residual))
    }
    out(model, name, "hc2 satterthwaite", bell(fit, seq_len(nrow(d))))
    if (!is.null(d$cl)) {
      for (se in c("CR0", "stata", "CR2")) {
        r <- row(if (model == "ols") lm_robust(f, d, clusters = cl, se_type = se) else
          lm_lin(y ~ z, reformulate(x), data = d, clusters = cl, se_type = se))
        b <- if (se == "CR2") bell(fit, d$cl) else {
          type <- if (se == "CR0") "CR0" else "CR1S"
          v <- vcovCR(fit, d$cl, type)
          by_t(coef(fit)["z"], sqrt(v["z", "z"]), length(unique(d$cl)) - 1)
        }
        same(r[1:2], b[1:2]); if (se != "CR0") same(r, b)
        out(model, name, c(CR0 = "cr0", stata = "cr1", CR2 = "cr2 satterthwaite")[se], b)
      }
    }
    if (!is.null(d$w) && model == "ols") {
      fit <- lm(f, d, weights = w)
      for (se in kinds) {
        r <- row(lm_robust(f, d, weights = w, se_type = se))
        v <- if (se == "classical") vcov(fit) else vcovHC(fit, se)
        same(r[1:2], c(coef(fit)["z"], sqrt(v["z", "z"])))
        out("weighted", name, tolower(se), r)
      }
      # Variances inverse to the weights: the working model under which hc2 is unbiased.
      b <- bell(fit, seq_len(nrow(d)), inverse_var = TRUE)
      same(b[1:2], row(lm_robust(f, d, weights = w, se_type = "HC2"))[1:2])
      out("weighted", name, "hc2 satterthwaite", b)
      for (se in c("CR0", "stata", "CR2")) {
        r <- row(lm_robust(f, d, weights = w, clusters = cl, se_type = se))
        if (se == "CR2") { b <- bell(fit, d$cl); same(r, b, 1e-7); r <- b }
        out("weighted", name, c(CR0 = "cr0", stata = "cr1", CR2 = "cr2 satterthwaite")[se], r)
      }
    }
  }
}
# Weighted Lin: covariates centred on their weighted means.
d <- sets$mtcars
out("weighted-lin", "mtcars", "hc2",
    row(lm_lin(y ~ z, ~ x1 + x2, data = d, weights = w, se_type = "HC2")))
# Dummies of the clusters as covariates: I - H_gg is singular.
d <- sets$within; d <- d[d$cl > 2, ]
fit <- lm(y ~ factor(cl) + z, d)
out("dummies", "within", "cr2 satterthwaite", bell(fit, d$cl))
out("dummies", "within", "hc2 satterthwaite", bell(fit, seq_len(nrow(d))))
d <- sets$couples
fit <- lm(y ~ factor(s) + z, d)
out("dummies", "couples", "cr2 satterthwaite", bell(fit, d$cl))

# --- one arm, ratios, strata ------------------------------------------------------------------
change <- with(sleep, extra[group == 2] - extra[group == 1])
t <- t.test(change)
out("change", "sleep", "", c(t$estimate, t$stderr, t$parameter, t$p.value, t$conf.int))
d <- sets$whole[sets$whole$z == 1, ]
out("change", "whole", "cluster", bell(lm(y ~ 1, d), d$cl, "(Intercept)"))
# estimate, std. error of the logarithm, df, p, lower, upper
ratio <- function(y, z, cluster = NULL) {
  d <- data.frame(y, z1 = z, z0 = 1 - z)
  fit <- if (is.null(cluster)) lm_robust(y ~ 0 + z1 + z0, d, se_type = "HC2") else
    lm_robust(y ~ 0 + z1 + z0, d, clusters = cluster, se_type = "CR2")
  m <- coef(fit); gradient <- c(1 / m[1], -1 / m[2])
  se <- sqrt(drop(t(gradient) %*% vcov(fit) %*% gradient)); log <- log(m[1] / m[2])
  # Of each arm alone, so that Satterthwaite's of the sum follows.
  alone <- sapply(1:0, function(arm) {
    rows <- z == arm
    if (is.null(cluster)) sum(rows) - 1 else
      lm_robust(y ~ 1, d[rows, ], clusters = cluster[rows], se_type = "CR2")$df
  })
  v <- diag(vcov(fit)) / m^2; df <- sum(v)^2 / sum(v^2 / alone)
  c(m[1] / m[2], se, df, 2 * pt(-abs(log / se), df), exp(log + c(-1, 1) * qt(0.975, df) * se))
}
out("ratio", "mtcars", "", with(mtcars, ratio(mpg, am)))
out("ratio", "warp", "", with(sets$warp, ratio(y, z)))
out("ratio", "whole", "cluster", with(sets$whole, ratio(y + 5, z, cl)))

strata <- function(fit) with(fit, c(coefficients, std.error, df, p.value, conf.low, conf.high))
out("stratified", "npk", "", strata(difference_in_means(y ~ z, sets$npk, blocks = s)))
out("stratified", "warp", "", strata(difference_in_means(y ~ z, sets$warp, blocks = s)))
out("stratified", "sleep", "", strata(difference_in_means(y ~ z, sets$sleep, blocks = s)))
out("stratified", "blocks", "cluster",
    strata(difference_in_means(y ~ z, sets$blocks, blocks = s, clusters = cl)))
out("stratified", "couples", "cluster",
    strata(difference_in_means(y ~ z, sets$couples, blocks = s, clusters = cl)))

# --- equality of effects: F, df1, df2, p ------------------------------------------------------
wald <- function(b, v, df2) {
  f <- drop(t(b) %*% solve(v) %*% b) / length(b)
  c(f, length(b), df2, pf(f, length(b), df2, lower.tail = FALSE))
}
for (name in c("warp", "taken")) {
  fit <- lm(y ~ factor(s) * z, sets[[name]]); i <- grep(":z", names(coef(fit)))
  out("equal", name, "hc2", wald(coef(fit)[i], vcovHC(fit, "HC2")[i, i], fit$df.residual))
}
d <- sets$taken; fit <- lm(y ~ factor(s) * z + x1, d); i <- grep(":z", names(coef(fit)))
out("equal", "taken", "hc2 x1", wald(coef(fit)[i], vcovHC(fit, "HC2")[i, i], fit$df.residual))
v <- vcovCR(fit, d$cl, "CR2")
r <- wald(coef(fit)[i], v[i, i], length(unique(d$cl)) - 1)
test <- Wald_test(fit, constrain_zero(i), vcov = v, test = "Naive-F")
same(r, c(test$Fstat, test$df_num, test$df_denom, test$p_val))
out("equal", "taken", "cr2 x1", r)
# Hotelling's T² with degrees of freedom of its own, where clusters lie in one arm and in both, with
# and without weights.
hotelling <- function(name, form, variant, weighted = FALSE) {
  d <- sets[[name]]
  fit <- if (weighted) lm(form, d, weights = w) else lm(form, d)
  i <- grep(":z", names(coef(fit)))
  test <- Wald_test(fit, constrain_zero(i), vcovCR(fit, d$cl, "CR2"), test = "HTZ")
  out("equal", name, variant, c(test$Fstat, test$df_num, test$df_denom, test$p_val))
}
hotelling("taken", y ~ factor(s) * z + x1, "cr2 satterthwaite x1")
hotelling("blocks", y ~ factor(s) * z, "cr2 satterthwaite")
hotelling("thirds", y ~ factor(s) * z, "cr2 satterthwaite")
hotelling("thirds", y ~ factor(s) * z + x1, "cr2 satterthwaite x1")
hotelling("thirds", y ~ factor(s) * z + x1, "cr2 satterthwaite weighted x1", TRUE)

# --- late: two-stage least squares, then Anderson-Rubin ---------------------------------------
# The set is found by brute force: the t of the draw on y - b·d is followed over b, its crossings
# of the critical value are refined. Lower and upper are crossings; `shape` 1 is an interval, 2 a
# complement, 3 the line.
for (name in c("taken", "faint", "none")) for (adjusted in c(FALSE, TRUE)) {
  d <- sets[[name]]
  x <- if (adjusted) "x1" else NULL
  form <- as.formula(if (adjusted) y ~ d + x1 | z + x1 else y ~ d | z)
  for (se in c("classical", "HC0", "HC1", "HC2", "HC3", "CR0", "stata", "CR2")) {
    clustered <- se %in% c("CR0", "stata", "CR2")
    fit <- if (clustered) iv_robust(form, d, se_type = se, clusters = cl, diagnostics = TRUE) else
      iv_robust(form, d, se_type = se, diagnostics = TRUE)
    same(coef(fit)["d"], coef(ivreg(form, data = d))["d"])
    first <- lm_robust(reformulate(c("z", x), "d"), d, se_type = se,
                       clusters = if (clustered) cl else NULL)
    f <- (first$coefficients["z"] / first$std.error["z"])^2
    variant <- paste0(sub("stata", "cr1", tolower(se)), if (adjusted) " x1" else "")
    # Behind the six numbers: complier share, first-stage F.
    out("2sls", name, variant, c(row(fit, "d"), first$coefficients["z"], f))
  }
  for (clustered in c(FALSE, TRUE)) {
    rhs <- c("z", x)
    statistic <- function(b) {
      fit <- lm(reformulate(rhs, "y - b * d"), transform(d, b = b))
      v <- if (clustered) vcovCR(fit, d$cl, "CR2") else vcovHC(fit, "HC2")
      coef(fit)["z"] / sqrt(v["z", "z"])
    }
    base <- lm(reformulate(rhs, "y"), d)
    r <- bell(base, if (clustered) d$cl else seq_len(nrow(d)))
    over <- function(b) abs(statistic(b)) - qt(0.975, r[3])
    # b = tan(a) runs over the whole line.
    a <- seq(-pi / 2 + 1e-4, pi / 2 - 1e-4, length.out = if (clustered) 301 else 1201)
    o <- sapply(tan(a), over)
    at <- which(diff(sign(o)) != 0)
    ends <- sapply(at, function(i) tan(uniroot(function(a) over(tan(a)), a[i:(i + 1)],
                                              tol = 1e-15)$root))
    shape <- if (length(ends) == 0) 3 else if (o[1] > 0) 1 else 2
    stopifnot(length(ends) %in% c(0, 2), shape != 3 || all(o < 0))
    # shape, ends, p, df
    out("ar", name, paste0(if (clustered) "cr2" else "hc2", if (adjusted) " x1" else ""),
        c(shape, if (shape == 3) c(0, 0) else ends, r[4], r[3]))
  }
}
