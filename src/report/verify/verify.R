# --- where the file is ------------------------------------------------------------------------

# Largest relative difference that passes. Root finders and sums in another order differ by less.
tolerance <- 1e-6

arguments <- commandArgs(trailingOnly = TRUE)
script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
path <- if (length(arguments)) arguments[1] else
  file.path(if (length(script)) dirname(script[1]) else ".", "..", "derived", "analysis.csv")
if (!file.exists(path)) {
  cat("no file `", path, "`: Rscript verify.R ANALYSIS.CSV\n", sep = "")
  quit(status = 2)
}

sha256_of <- function(path) {
  if (requireNamespace("digest", quietly = TRUE))
    return(digest::digest(file = path, algo = "sha256"))
  if (requireNamespace("openssl", quietly = TRUE)) {
    opened <- file(path, "rb")
    on.exit(close(opened))
    return(paste(as.character(openssl::sha256(opened)), collapse = ""))
  }
  if (nzchar(Sys.which("sha256sum")))
    return(substr(system2("sha256sum", shQuote(path), stdout = TRUE)[1], 1, 64))
  NA_character_
}

# Text stays text, so that an id keeps its zeros; an empty cell of a number is missing.
people <- read.csv(path, colClasses = "character", na.strings = character(0), check.names = FALSE,
                   encoding = "UTF-8")
for (column in numbers) people[[column]] <- as.numeric(people[[column]])

# --- comparing --------------------------------------------------------------------------------

tally <- c(ok = 0, DIFFERS = 0, skipped = 0)
told <- function(x) formatC(x, digits = 10, format = "g")
line <- function(...) cat(sprintf("  %-12s %20s %20s %10s  %s\n", ...))

# Of an estimate and its bounds, which may be near 0, the difference is relative to the standard
# error where that is the larger; `least` is what rounding of the outcome leaves where all is 0.
relative <- function(a, b, name, std_error, least) {
  if (identical(a, b)) return(0)
  size <- max(abs(a), abs(b))
  if (name %in% c("estimate", "lower", "upper") && is.finite(std_error)) size <- max(size, std_error)
  if (name %in% c("estimate", "std_error")) size <- max(size, least)
  if (size < 1e-300) 0 else abs(a - b) / size
}

# `method` is not evaluated before it is needed here.
check <- function(number, what, klero, on, method, tolerance = NULL) {
  cat(sprintf("\n%d  %s\n", number, what))
  limit <- if (is.null(tolerance)) get("tolerance", globalenv()) else tolerance
  theirs <- tryCatch(suppressWarnings(c(method, count(on))), error = function(e) e)
  if (inherits(theirs, "lacking")) {
    cat("  skipped: package `", conditionMessage(theirs), "` is not installed\n", sep = "")
    tally["skipped"] <<- tally["skipped"] + 1
    return(invisible())
  }
  if (inherits(theirs, "error")) {
    cat("  DIFFERS: R has no result: ", conditionMessage(theirs), "\n", sep = "")
    tally["DIFFERS"] <<- tally["DIFFERS"] + 1
    return(invisible())
  }
  line("", "klero", "R", "difference", "")
  se <- if ("std_error" %in% names(klero)) klero[["std_error"]] else NA
  least <- 1e-13 / limit * max(0, abs(on$y))
  for (name in names(klero)) {
    mine <- klero[[name]]
    other <- if (name %in% names(theirs)) theirs[[name]] else NA
    difference <- if (is.finite(other)) relative(mine, other, name, se, least) else Inf
    limit_here <- if (name %in% c("n_arm", "n_reference")) 0 else limit
    verdict <- if (difference <= limit_here) "ok" else "DIFFERS"
    tally[verdict] <<- tally[verdict] + 1
    line(name, told(mine), told(other), formatC(difference, digits = 1, format = "e"), verdict)
  }
}

needs <- function(package) {
  if (!requireNamespace(package, quietly = TRUE))
    stop(structure(class = c("lacking", "error", "condition"),
                   list(message = package, call = NULL)))
}

# --- who enters -------------------------------------------------------------------------------

# Two arms with a value: y, z = 1 in the arm; stratum and cluster where the analysis heeds them.
pick <- function(outcome, arm, reference = NULL, strata = FALSE, cluster = FALSE, by = NULL,
                 is = NULL, end = NULL, of = NULL) {
  keep <- people$arm %in% c(arm, reference) & !is.na(people[[outcome]])
  if (!is.null(is)) keep <- keep & people[[by]] == is
  on <- data.frame(row = which(keep), y = people[[outcome]][keep],
                   z = as.numeric(people$arm[keep] == arm))
  if (strata) on$stratum <- people$stratum[keep]
  if (cluster) on$cluster <- people$cluster[keep]
  if (!is.null(end)) on$end <- people[[end]][keep]
  if (!is.null(of)) {
    # A pooled share: values with the mean sum(w) / sum(o) and the variance of a ratio.
    on$of <- people[[of]][keep]
    for (side in split(seq_len(nrow(on)), on$z)) {
      share <- sum(on$y[side]) / sum(on$of[side])
      on$y[side] <- share + (on$y[side] - share * on$of[side]) / mean(on$of[side])
    }
  }
  attr(on, "alone") <- is.null(reference)
  on
}

count <- function(on) {
  n <- c(n_arm = sum(on$z == 1), n_reference = sum(on$z == 0))
  if (attr(on, "alone")) n["n_arm"] else n
}

# A number as it is, the missing filled with the mean and from a tenth on marked; of levels a
# column each but for the first, in the plan's order: where a level occurs in one arm only, `lin`
# takes the effect of the first for it.
as_columns <- function(name, x) {
  if (is.character(x))
    return(lapply(intersect(levels_of[[name]], x)[-1], function(level) as.numeric(x == level)))
  missing <- is.na(x)
  if (all(missing)) return(list())
  filled <- list(ifelse(missing, mean(x[!missing]), x))
  if (any(missing) && 10 * sum(missing) >= length(x)) filled <- c(filled, list(as.numeric(missing)))
  filled
}

# The strata of the draw enter as covariates.
covariates <- function(on, adjust) {
  columns <- unlist(lapply(adjust, function(name) as_columns(name, people[[name]][on$row])),
                    recursive = FALSE)
  c(columns, if (!is.null(on$stratum)) as_columns("stratum", on$stratum))
}

# --- intervals --------------------------------------------------------------------------------

by_t <- function(estimate, std_error, df, level) {
  half <- qt(0.5 + level / 2, df) * std_error
  c(estimate = estimate, std_error = std_error, df = df,
    p_value = 2 * pt(-abs(estimate / std_error), df), lower = estimate - half,
    upper = estimate + half)
}
by_normal <- function(estimate, std_error, level, range = Inf) {
  half <- qnorm(0.5 + level / 2) * std_error
  c(estimate = estimate, std_error = std_error, p_value = 2 * pnorm(-abs(estimate / std_error)),
    lower = max(-range, estimate - half), upper = min(range, estimate + half))
}
by_log <- function(ratio, log_error, level) {
  found <- by_normal(log(ratio), log_error, level)
  found[c("estimate", "lower", "upper")] <- exp(found[c("estimate", "lower", "upper")])
  found
}

# --- means ------------------------------------------------------------------------------------

# Base R: Welch's t test, which refuses one person in an arm and values that are all the same.
difference_in_means <- function(on, level) {
  estimate <- mean(on$y[on$z == 1]) - mean(on$y[on$z == 0])
  if (min(table(on$z)) < 2) return(c(estimate = estimate))
  if (all(tapply(on$y, on$z, var) == 0)) return(c(estimate = estimate, std_error = 0))
  test <- t.test(on$y[on$z == 1], on$y[on$z == 0], conf.level = level)
  c(estimate = unname(test$estimate[1] - test$estimate[2]), std_error = test$stderr,
    df = unname(test$parameter), p_value = test$p.value,
    lower = test$conf.int[1], upper = test$conf.int[2])
}

blocked <- function(y, on, level = 0.95) {
  needs("estimatr")
  on$y <- y
  fit <- if (is.null(on$cluster))
    estimatr::difference_in_means(y ~ z, on, blocks = stratum, alpha = 1 - level) else
    estimatr::difference_in_means(y ~ z, on, blocks = stratum, clusters = cluster,
                                  alpha = 1 - level)
  c(estimate = unname(fit$coefficients), std_error = unname(fit$std.error), df = unname(fit$df),
    p_value = unname(fit$p.value), lower = unname(fit$conf.low), upper = unname(fit$conf.high))
}
stratified_difference <- function(on, level) blocked(on$y, on, level)

# Columns that the earlier ones do not imply; those without a name get one.
independent <- function(columns) {
  names(columns) <- ifelse(names(columns) == "", paste0("x", seq_along(columns)), names(columns))
  x <- do.call(cbind, columns)
  varies <- apply(x, 2, function(v) length(unique(v)) > 1)
  scaled <- scale(x[, varies, drop = FALSE])
  parts <- qr(cbind(1, scaled), tol = 1e-9)
  kept <- sort(parts$pivot[seq_len(parts$rank)])[-1] - 1
  x[, which(varies)[kept], drop = FALSE]
}

# What each person weighs in the coefficient of a column.
weights_in <- function(x, column) {
  parts <- qr(cbind(1, scale(x)))
  one <- replace(numeric(ncol(x) + 1), column + 1, 1)
  drop(qr.Q(parts) %*% backsolve(qr.R(parts), one, transpose = TRUE))
}

# Who is fitted exactly, as the only one of a level is, has the leverage 1, and hc2 and hc3 divide
# by 0. Without such people the coefficients in which they weigh nothing are the same.
needed <- function(x, se, wanted) {
  everybody <- rep(TRUE, nrow(x))
  if (!se %in% c("hc2", "hc3")) return(everybody)
  alone <- rowSums(qr.Q(qr(cbind(1, scale(x))))^2) > 1 - 1e-10
  weigh <- function(name) {
    a <- weights_in(x, match(name, colnames(x)))
    any(a[alone]^2 > 1e-20 * sum(a^2))
  }
  if (any(vapply(wanted, weigh, TRUE))) everybody else !alone
}

# Bell & McCaffrey's degrees of freedom for hc2 (Imbens & Kolesar 2016, Review of Economics and
# Statistics 98:701, with every person a cluster): (sum a^2)^2 over the sum of the squares of the
# entries of b_i (I - H)_ij b_j, b = a / sqrt(1 - h).
bell_mccaffrey <- function(x, column) {
  q <- qr.Q(qr(cbind(1, scale(x))))
  a <- weights_in(x, column)
  h <- rowSums(q^2)
  b2 <- a^2 / (1 - h)
  sum(a^2)^2 / (sum(b2^2 * ((1 - h)^2 - h^2)) + sum(crossprod(q, b2 * q)^2))
}

# estimatr: the columns named `wanted` with their covariance.
regression <- function(y, columns, cluster, se, wanted = "z") {
  needs("estimatr")
  x <- independent(columns)
  some <- needed(x, se, intersect(wanted, colnames(x)))
  if (!all(some)) {
    left <- lapply(columns, function(column) column[some])
    return(regression(y[some], left, cluster[some], se, wanted))
  }
  data <- data.frame(y = y, x)
  type <- switch(se, classical = "classical", cr1 = "stata", toupper(se))
  form <- reformulate(colnames(x), "y")
  by_cluster <- se %in% c("cr0", "cr1", "cr2")
  data$the_cluster <- cluster
  fit <- if (by_cluster)
    estimatr::lm_robust(form, data, clusters = the_cluster, se_type = type) else
    estimatr::lm_robust(form, data, se_type = type)
  residual <- if (by_cluster) length(unique(cluster)) - 1 else nrow(x) - ncol(x) - 1
  df <- switch(se, hc2 = bell_mccaffrey(x, match("z", colnames(x))),
               cr2 = unname(fit$df["z"]), residual)
  wanted <- intersect(wanted, names(fit$coefficients))
  together <- if (se == "cr2" && length(wanted) > 1)
    hotelling(x, match(wanted, colnames(x)), cluster) else df
  list(estimate = fit$coefficients[wanted], df = df, together = together, residual = residual,
       covariance = fit$vcov[wanted, wanted, drop = FALSE])
}
arm_of <- function(fit, level)
  by_t(unname(fit$estimate["z"]), sqrt(fit$covariance["z", "z"]), fit$df, level)

named <- function(columns) setNames(as.list(columns), rep("", length(columns)))

ols <- function(on, adjust, se, level) {
  columns <- c(named(covariates(on, adjust)), list(z = on$z))
  arm_of(regression(on$y, columns, on$cluster, se), level)
}

# Lin 2013: covariates centred on those analysed, and interacted with the arm.
lin <- function(on, adjust, se, level) {
  x <- named(covariates(on, adjust))
  crossed <- lapply(x, function(v) on$z * (v - mean(v)))
  arm_of(regression(on$y, c(x, list(z = on$z), crossed), on$cluster, se), level)
}

# Degrees of freedom of Hotelling's T2 for several coefficients (columns of x) by CR2: Pustejovsky
# & Tipton 2018. With P_gh the q x q covariances of clusters g and h, made to sum to I over g = h.
hotelling <- function(x, wanted, cluster) {
  x <- cbind(1, x)
  bread <- solve(crossprod(x))
  parts <- lapply(split(seq_len(nrow(x)), cluster), function(i) {
    own <- x[i, , drop = FALSE]
    e <- eigen(diag(length(i)) - own %*% bread %*% t(own), symmetric = TRUE)
    root <- e$vectors %*% (ifelse(e$values > 1e-9, 1 / sqrt(abs(e$values)), 0) * t(e$vectors))
    g <- root %*% own %*% bread[, wanted + 1, drop = FALSE]
    list(squares = crossprod(g), crossed = crossprod(own, g))
  })
  p <- function(g, h) {
    product <- -crossprod(parts[[g]]$crossed, bread %*% parts[[h]]$crossed)
    if (g == h) parts[[g]]$squares + product else product
  }
  each <- seq_along(parts)
  e <- eigen(Reduce(`+`, lapply(each, function(g) p(g, g))), symmetric = TRUE)
  root <- e$vectors %*% (t(e$vectors) / sqrt(e$values))
  sum <- 0
  for (g in each) for (h in each) {
    b <- root %*% p(g, h) %*% root
    sum <- sum + sum(b * t(b)) + sum(diag(b))^2
  }
  length(wanted) * (length(wanted) + 1) / sum
}

# The same effect at all levels of a factor: Wald's F, with CR2 Hotelling's T2.
interaction_test <- function(on, by, adjust, se) {
  level <- people[[by]][on$row]
  both <- Filter(function(l) length(unique(on$z[level == l])) == 2, sort(unique(level)))
  others <- setdiff(sort(unique(level)), both[1])
  x <- c(lapply(others, function(l) as.numeric(level == l)), covariates(on, adjust))
  crossed <- lapply(both[-1], function(l) on$z * (level == l))
  names(crossed) <- paste0("crossed", seq_along(crossed))
  fit <- regression(on$y, c(named(x), list(z = on$z), crossed), on$cluster, se, names(crossed))
  q <- length(fit$estimate)
  f <- drop(fit$estimate %*% solve(fit$covariance, fit$estimate)) / q
  if (se != "cr2") return(c(p_value = pf(f, q, fit$residual, lower.tail = FALSE)))
  df <- fit$together
  c(p_value = pf(f * (df - q + 1) / df, q, df - q + 1, lower.tail = FALSE))
}

# Delta method on the log scale; with clusters the variance of a mean by CR2.
ratio_of_means <- function(on, level) {
  side <- function(arm) {
    d <- on[on$z == arm, ]
    if (is.null(on$cluster)) return(c(mean(d$y), var(d$y) / nrow(d), nrow(d) - 1))
    needs("estimatr")
    fit <- estimatr::lm_robust(y ~ 1, d, clusters = cluster, se_type = "CR2")
    c(unname(fit$coefficients), unname(fit$std.error)^2, unname(fit$df))
  }
  a <- side(1)
  r <- side(0)
  v <- c(a[2] / a[1]^2, r[2] / r[1]^2)
  df <- sum(v)^2 / sum((v^2 / c(a[3], r[3]))[v > 0])
  found <- by_t(log(a[1] / r[1]), sqrt(sum(v)), df, level)
  found[c("estimate", "lower", "upper")] <- exp(found[c("estimate", "lower", "upper")])
  found
}

# Base R: t test of the change within the arm, of those with a value before and after.
change <- function(on, baseline, level) {
  d <- data.frame(y = on$y - people[[baseline]][on$row])
  d$cluster <- on$cluster
  d <- d[!is.na(d$y), , drop = FALSE]
  if (!is.null(d$cluster)) {
    needs("estimatr")
    fit <- estimatr::lm_robust(y ~ 1, d, clusters = cluster, se_type = "CR2")
    return(c(n_arm = nrow(d),
             by_t(unname(fit$coefficients), unname(fit$std.error), unname(fit$df), level)))
  }
  test <- t.test(d$y, conf.level = level)
  c(n_arm = nrow(d), estimate = unname(test$estimate), std_error = test$stderr,
    df = unname(test$parameter), p_value = test$p.value, lower = test$conf.int[1],
    upper = test$conf.int[2])
}

# --- the effect of what was received ----------------------------------------------------------

# Effects of the draw on outcome and receipt, and their covariance from the variance of the sum.
# Two-stage least squares is their ratio; the Anderson-Rubin set holds every b at which the effect
# of the draw on y - b d is not rejected, here as the roots of a quadratic.
late <- function(on, received, adjust, se, interval, level) {
  d <- people[[received]][on$row]
  on <- on[!is.na(d), ]
  d <- d[!is.na(d)]
  columns <- c(named(covariates(on, adjust)), list(z = on$z))
  effect <- function(y) {
    found <- if (is.null(se)) blocked(y, on) else arm_of(regression(y, columns, on$cluster, se), 0.95)
    found[c("estimate", "std_error", "df", "p_value")]
  }
  # Where all received the same there is no effect of it, and only the draw's is tested.
  if (sd(d) == 0) return(effect(on$y)[c("df", "p_value")])
  k <- if (sd(on$y) > 0) sd(on$y) / sd(d) else 1
  on_y <- effect(on$y)
  on_d <- effect(d * k)
  on_sum <- effect(on$y + d * k)
  a_y <- on_y[["estimate"]]
  a_d <- on_d[["estimate"]] / k
  v_yy <- on_y[["std_error"]]^2
  v_dd <- (on_d[["std_error"]] / k)^2
  v_yd <- (on_sum[["std_error"]]^2 - v_yy - v_dd * k^2) / (2 * k)
  df <- on_y[["df"]]
  beta <- a_y / a_d
  std_error <- sqrt(max(0, v_yy - 2 * beta * v_yd + beta^2 * v_dd)) / abs(a_d)
  if (!is.null(se)) {
    # estimatr's own two-stage least squares.
    some <- needed(independent(columns), se, "z")
    x <- independent(lapply(columns, function(column) column[some]))
    data <- data.frame(y = on$y[some], d = d[some], x)
    data$the_cluster <- on$cluster[some]
    others <- setdiff(colnames(x), "z")
    form <- as.formula(paste("y ~", paste(c("d", others), collapse = " + "), "|",
                             paste(c("z", others), collapse = " + ")))
    type <- switch(se, classical = "classical", cr1 = "stata", toupper(se))
    fit <- if (se %in% c("cr0", "cr1", "cr2"))
      estimatr::iv_robust(form, data, clusters = the_cluster, se_type = type) else
      estimatr::iv_robust(form, data, se_type = type)
    beta <- unname(fit$coefficients["d"])
    std_error <- unname(fit$std.error["d"])
  }
  found <- by_t(beta, std_error, df, level)
  if (interval == "t") return(found)
  found["p_value"] <- 2 * pt(-abs(a_y / sqrt(v_yy)), df)
  c2 <- qt(0.5 + level / 2, df)^2
  a <- a_d^2 - c2 * v_dd
  b <- a_y * a_d - c2 * v_yd
  c0 <- a_y^2 - c2 * v_yy
  root <- sqrt(max(0, b^2 - a * c0))
  # Only an interval has two bounds.
  found[c("lower", "upper")] <- if (a > 0) (b + c(-1, 1) * root) / a else c(NA, NA)
  found
}

# --- shares -----------------------------------------------------------------------------------

# Events and persons by stratum, or of all; a stratum with an empty arm compares nobody.
counts <- function(on) {
  stratum <- if (is.null(on$stratum)) rep("", nrow(on)) else on$stratum
  of <- function(side, what) unname(tapply(seq_len(nrow(on)), stratum, function(i) {
    i <- i[on$z[i] == side]
    if (what == "n") length(i) else sum(on$y[i])
  }))
  t <- data.frame(x1 = of(1, "x"), n1 = of(1, "n"), x0 = of(0, "x"), n0 = of(0, "n"))
  t <- t[t$n1 > 0 & t$n0 > 0, ]
  t$w <- t$n1 * t$n0 / (t$n1 + t$n0)
  t
}

# p of equal shares: the "N - 1" chi-squared, over strata that of Cochran, Mantel & Haenszel.
p_of_equal_shares <- function(t) {
  if (nrow(t) > 1) {
    a <- array(rbind(t$x1, t$x0, t$n1 - t$x1, t$n0 - t$x0), c(2, 2, nrow(t)))
    return(mantelhaen.test(a, correct = FALSE)$p.value)
  }
  n <- t$n1 + t$n0
  pearson <- chisq.test(matrix(c(t$x1, t$n1 - t$x1, t$x0, t$n0 - t$x0), 2), correct = FALSE)
  unname(pchisq(pearson$statistic * (n - 1) / n, 1, lower.tail = FALSE))
}

# Most likely p0 where p1 = link(p0): the root of the slope of the log-likelihood, by search.
restricted <- function(x1, n1, x0, n0, link, slope, low, high) {
  f <- function(p) {
    q <- link(p)
    a <- (if (x1 > 0) x1 / q else 0) - (if (x1 < n1) (n1 - x1) / (1 - q) else 0)
    b <- (if (x0 > 0) x0 / p else 0) - (if (x0 < n0) (n0 - x0) / (1 - p) else 0)
    a * slope + b
  }
  eps <- 1e-15 * (high - low)
  if (f(low + eps) <= 0) return(low)
  if (f(high - eps) >= 0) return(high)
  uniroot(f, c(low + eps, high - eps), tol = 1e-16, maxiter = 10000)$root
}

# Miettinen & Nurminen's score with weights n1 n0 / N and N / (N - 1).
score <- function(t, deviation) {
  parts <- mapply(deviation, t$x1, t$n1, t$x0, t$n0)
  n <- t$n1 + t$n0
  top <- sum(t$w * parts[1, ])
  if (top == 0) 0 else top / sqrt(max(0, sum(t$w^2 * parts[2, ] * n / (n - 1))))
}
score_of_difference <- function(t, delta) score(t, function(x1, n1, x0, n0) {
  p0 <- restricted(x1, n1, x0, n0, function(p) p + delta, 1, max(0, -delta), min(1, 1 - delta))
  p1 <- p0 + delta
  c(x1 / n1 - x0 / n0 - delta, max(0, p1 * (1 - p1)) / n1 + max(0, p0 * (1 - p0)) / n0)
})
score_of_ratio <- function(t, theta) score(t, function(x1, n1, x0, n0) {
  p0 <- restricted(x1, n1, x0, n0, function(p) theta * p, theta, 0, min(1, 1 / theta))
  p1 <- min(1, theta * p0)
  c(x1 / n1 - theta * x0 / n0, p1 * (1 - p1) / n1 + theta^2 * p0 * (1 - p0) / n0)
})
crossing <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-14, maxiter = 10000)$root

miettinen_nurminen_difference <- function(t, level) {
  z <- qnorm(0.5 + level / 2)
  d <- sum(t$w * (t$x1 / t$n1 - t$x0 / t$n0)) / sum(t$w)
  c(lower = if (d <= -1) -1 else
      crossing(function(e) score_of_difference(t, e) - z, -1 + 1e-12, d - 1e-12),
    upper = if (d >= 1) 1 else
      crossing(function(e) score_of_difference(t, e) + z, d + 1e-12, 1 - 1e-12))
}
miettinen_nurminen_ratio <- function(t, level) {
  z <- qnorm(0.5 + level / 2)
  p1 <- sum(t$w * t$x1 / t$n1)
  p0 <- sum(t$w * t$x0 / t$n0)
  middle <- if (p1 > 0 && p0 > 0) log(p1 / p0) else 0
  end <- function(sign) {
    f <- function(l) score_of_ratio(t, exp(l)) + sign * z
    near <- far <- middle + sign * 1e-12
    # With no events in an arm the other end may lie on either side of 1.
    if (p1 == 0 || p0 == 0) near <- middle - sign * 12
    for (step in 2^(0:5)) {
      far <- middle + sign * step
      if (sign * f(far) < 0) break
    }
    exp(crossing(f, min(near, far), max(near, far)))
  }
  c(lower = if (p1 == 0) 0 else end(-1), upper = if (p0 == 0) Inf else end(1))
}

wilson <- function(x, n, z)
  unlist(mapply(function(x, n) prop.test(x, n, correct = FALSE,
                                         conf.level = 2 * pnorm(z) - 1)$conf.int[1:2],
                x, n, SIMPLIFY = FALSE))
# Newcombe 1998, method 10, from prop.test's limits without continuity correction; over strata by
# the formulas of the documentation of SAS PROC FREQ.
newcombe <- function(t, level) {
  w <- t$w / sum(t$w)
  z <- qnorm(0.5 + level / 2)
  side <- function(x, n) {
    v <- x / n * (1 - x / n) / n
    z <- if (length(x) == 1) z else z * sqrt(sum(w^2 * v)) / sum(w * sqrt(v))
    limits <- matrix(wilson(x, n, z), 2)
    c(sum(w * limits[1, ]), sum(w * limits[2, ]))
  }
  a <- side(t$x1, t$n1)
  r <- side(t$x0, t$n0)
  l1 <- sum(w^2 / t$n1)
  l0 <- sum(w^2 / t$n0)
  d <- sum(w * (t$x1 / t$n1 - t$x0 / t$n0))
  c(lower = max(-1, d - z * sqrt(l1 * a[1] * (1 - a[1]) + l0 * r[2] * (1 - r[2]))),
    upper = min(1, d + z * sqrt(l1 * a[2] * (1 - a[2]) + l0 * r[1] * (1 - r[1]))))
}

# Sato 1989; in one stratum p1 q1 / n1 + p0 q0 / n0.
difference_error <- function(t) {
  n <- t$n1 + t$n0
  d <- sum(t$w * (t$x1 / t$n1 - t$x0 / t$n0)) / sum(t$w)
  p <- sum((t$n1^2 * t$x0 - t$n0^2 * t$x1 + t$n1 * t$n0 * (t$n0 - t$n1) / 2) / n^2)
  q <- sum((t$x1 * (t$n0 - t$x0) + t$x0 * (t$n1 - t$x1)) / (2 * n))
  sqrt(max(0, d * p + q)) / sum(t$w)
}
# Greenland & Robins 1985; in one stratum 1/x1 - 1/n1 + 1/x0 - 1/n0.
log_ratio_error <- function(t) {
  n <- t$n1 + t$n0
  sqrt(sum((t$n1 * t$n0 * (t$x1 + t$x0) - t$x1 * t$x0 * n) / n^2) /
         (sum(t$x1 * t$n0 / n) * sum(t$x0 * t$n1 / n)))
}

risk_difference <- function(on, interval, level) {
  t <- counts(on)
  d <- sum(t$w * (t$x1 / t$n1 - t$x0 / t$n0)) / sum(t$w)
  if (interval == "wald") return(by_normal(d, difference_error(t), level, 1))
  limits <- if (interval == "newcombe") newcombe(t, level) else
    miettinen_nurminen_difference(t, level)
  c(estimate = d, std_error = difference_error(t), p_value = p_of_equal_shares(t), limits)
}
risk_ratio <- function(on, interval, level) {
  t <- counts(on)
  ratio <- sum(t$w * t$x1 / t$n1) / sum(t$w * t$x0 / t$n0)
  if (interval == "log") return(by_log(ratio, log_ratio_error(t), level))
  c(estimate = ratio, std_error = log_ratio_error(t), p_value = p_of_equal_shares(t),
    miettinen_nurminen_ratio(t, level))
}
mantel_haenszel <- function(on, scale, level) {
  if (scale == "ratio") risk_ratio(on, "log", level) else risk_difference(on, "wald", level)
}

table_of <- function(on) {
  t <- counts(on)
  matrix(c(t$x1, t$n1 - t$x1, t$x0, t$n0 - t$x0), 2)
}
odds_ratio <- function(on, interval, level) {
  m <- table_of(on)
  if (interval == "log")
    return(by_log(m[1, 1] * m[2, 2] / (m[2, 1] * m[1, 2]), sqrt(sum(1 / m)), level))
  # Both are conditional on the margins. fisher.test finds ratio and limits to four digits or so,
  # which the tolerance of such a row allows for; p is twice the smaller tail.
  test <- fisher.test(m, conf.level = level)
  tail <- function(side) fisher.test(m, alternative = side)$p.value
  c(estimate = unname(test$estimate), lower = test$conf.int[1], upper = test$conf.int[2],
    p_value = min(1, 2 * min(tail("less"), tail("greater"))))
}
fisher_exact <- function(on) c(p_value = fisher.test(table_of(on))$p.value)

share <- function(on, interval, target, level) {
  x <- sum(on$y)
  n <- nrow(on)
  limits <- if (interval == "wilson") wilson(x, n, qnorm(0.5 + level / 2)) else
    binom.test(x, n, conf.level = level)$conf.int
  found <- c(estimate = x / n, std_error = sqrt(x / n * (1 - x / n) / n),
             lower = limits[1], upper = limits[2])
  if (!is.null(target)) found["p_value"] <- binom.test(x, n, target)$p.value
  found
}

# --- times ------------------------------------------------------------------------------------

# A quantity of each arm by its horizon, over strata weighted by their persons.
by_horizon <- function(on, quantity, compare) {
  needs("survival")
  stratum <- if (is.null(on$stratum)) rep("", nrow(on)) else on$stratum
  found <- c(0, 0, 0, 0)
  for (d in split(on, stratum)) {
    a <- quantity(d[d$z == 1, ])
    r <- quantity(d[d$z == 0, ])
    w <- nrow(d) / nrow(on)
    found <- found + c(w * a[1], (w * a[2])^2, w * r[1], (w * r[2])^2)
  }
  compare(found[c(1, 3)], sqrt(found[c(2, 4)]))
}
# Zou & Donner 2008, from limits that are normal on the scale of log(-log).
by_log_log <- function(p, s, level) {
  if (any(p <= 0 | p >= 1 | s == 0)) return(c(estimate = p[1] - p[2], std_error = sqrt(sum(s^2))))
  width <- s / abs(p * log(p))
  reach <- function(z) {
    lower <- exp(log(p) * exp(z * width))
    upper <- exp(log(p) * exp(-z * width))
    sqrt(c((p[1] - lower[1])^2 + (upper[2] - p[2])^2, (upper[1] - p[1])^2 + (p[2] - lower[2])^2))
  }
  d <- p[1] - p[2]
  far <- function(z) reach(z)[if (d > 0) 1 else 2] - abs(d)
  z <- if (d == 0) 0 else uniroot(far, c(0, 40), tol = 1e-15)$root
  at <- reach(qnorm(0.5 + level / 2))
  c(estimate = d, std_error = sqrt(sum(s^2)), p_value = 2 * pnorm(-z), lower = d - at[1],
    upper = d + at[2])
}
curve_of <- function(d) survival::survfit(survival::Surv(y, end == 1) ~ 1, d)

kaplan_meier <- function(on, horizon, level) by_horizon(on, function(d) {
  at <- summary(curve_of(d), times = horizon, extend = TRUE)
  c(at$surv, if (at$surv > 0) at$std.err else 0)
}, function(p, s) by_log_log(rev(p), rev(s), level))

rmst <- function(on, horizon, level) by_horizon(on, function(d) {
  if (horizon <= min(d$y)) return(c(horizon, 0))
  at <- summary(curve_of(d), rmean = horizon)$table
  unname(at[c(grep("^[*]?rmean", names(at)), grep("^[*]?se[(]rmean", names(at)))])
}, function(m, s) by_normal(m[1] - m[2], sqrt(sum(s^2)), level, horizon))

# Event 1, competing event 2.
aalen_johansen <- function(on, horizon, level) by_horizon(on, function(d) {
  if (!any(d$end == 2)) {
    at <- summary(curve_of(d), times = horizon, extend = TRUE)
    return(c(1 - at$surv, if (at$surv > 0) at$std.err else 0))
  }
  f <- survival::survfit(survival::Surv(y, factor(end, 0:2)) ~ 1, d)
  at <- findInterval(horizon, f$time)
  if (at == 0) c(0, 0) else c(f$pstate[at, 2], f$std.err[at, 2])
}, function(p, s) by_log_log(p, s, level))

# `survival::strata` within a formula is taken for a covariate; only the bare name makes strata.
log_rank <- function(on) {
  needs("survival")
  strata <- survival::strata
  form <- if (is.null(on$stratum)) survival::Surv(y, end == 1) ~ z else
    survival::Surv(y, end == 1) ~ z + strata(stratum)
  c(p_value = pchisq(survival::survdiff(form, on)$chisq, 1, lower.tail = FALSE))
}

# Efron's ties; Lin & Wei's robust variance, by cluster where clusters were drawn.
cox <- function(on, adjust, level) {
  needs("survival")
  stratum <- on$stratum
  on$stratum <- NULL
  x <- do.call(cbind, c(list(z = on$z), named(covariates(on, adjust))))
  id <- if (is.null(on$cluster)) seq_len(nrow(on)) else on$cluster
  strata <- survival::strata
  form <- if (is.null(stratum)) survival::Surv(on$y, on$end == 1) ~ x else
    survival::Surv(on$y, on$end == 1) ~ x + strata(stratum)
  fit <- survival::coxph(form, ties = "efron", robust = TRUE, cluster = id,
                         control = survival::coxph.control(eps = 1e-13, toler.chol = 1e-14,
                                                           iter.max = 60))
  by_log(exp(unname(coef(fit)[1])), sqrt(vcov(fit)[1, 1]), level)
}
