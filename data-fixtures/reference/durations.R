# Times to an event: survival's survfit, survdiff and coxph on published data.
# Rscript durations.R > durations.csv        (R 4.2.2, survival 3.5-3 of Debian)
# Freireich et al. 1963 (Blood 21:699), weeks of remission in 21 pairs, as in Cox 1972; the other
# data are those of survival. A row holds the values of one thing in one case, in order.
suppressMessages(library(survival))
exact <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60)
put <- function(case, what, values)
  cat(case, ",", what, ",", paste(sprintf("%.17g", as.numeric(values)), collapse = " "),
      "\n", sep = "")
cat("case,what,values\n")

curve <- function(case, d, horizons) {
  f <- survfit(Surv(time, status == 1) ~ 1, d, conf.type = "log-log")
  known <- f$surv > 0 & f$surv < 1
  put(case, "time", f$time); put(case, "at_risk", f$n.risk); put(case, "events", f$n.event)
  put(case, "censored", f$n.censor); put(case, "survival", f$surv)
  put(case, "std_error", ifelse(f$surv > 0, f$surv * f$std.err, 0))
  put(case, "lower", ifelse(known, f$lower, NA)); put(case, "upper", ifelse(known, f$upper, NA))
  put(case, "median", unlist(quantile(f, 0.5)))
  m <- sapply(horizons, function(h) survival:::survmean(f, rmean = h)$matrix[c("rmean", "se(rmean)")])
  put(case, "mean", m[1, ]); put(case, "mean_error", m[2, ])
}

cox <- function(case, formula, d, ...) {
  f <- coxph(formula, d, ties = "efron", control = exact, ...)
  put(case, "log_ratio", coef(f)); put(case, "std_error", sqrt(diag(vcov(f))))
  put(case, "log_likelihood", f$loglik); put(case, "score", f$score)
  z <- coef(f)[1] / sqrt(vcov(f)[1, 1])
  put(case, "wald", c(exp(coef(f)[1]), exp(confint(f)[1, ]), pchisq(z^2, 1, lower.tail = FALSE)))
}

study <- function(name, d, covariates, horizons) {
  for (column in c("time", "status", "arm", covariates, "stratum", "cluster"))
    put(name, column, d[[column]])
  put(name, "horizons", horizons)
  for (a in 1:0) curve(paste0(name, "/curve", a), d[d$arm == a, ], horizons)
  event <- "Surv(time, status == 1) ~ arm"
  test <- function(formula) {
    f <- survdiff(as.formula(formula), d)
    c(f$chisq, pchisq(f$chisq, 1, lower.tail = FALSE))
  }
  put(name, "log_rank", test(event))
  put(name, "log_rank_stratified", test(paste(event, "+ strata(stratum)")))
  full <- paste(c(event, covariates), collapse = " + ")
  within <- as.formula(paste(full, "+ strata(stratum)"))
  cox(paste0(name, "/cox"), as.formula(event), d)
  cox(paste0(name, "/cox_full"), as.formula(full), d)
  cox(paste0(name, "/cox_robust"), as.formula(full), d, robust = TRUE)
  cox(paste0(name, "/cox_clustered"), as.formula(paste(full, "+ cluster(cluster)")), d)
  cox(paste0(name, "/cox_stratified"), within, d)
  cox(paste0(name, "/cox_stratified_clustered"), update(within, . ~ . + cluster(cluster)), d)
}

freireich <- data.frame(
  time = c(10, 7, 32, 23, 22, 6, 16, 34, 32, 25, 11, 20, 19, 6, 17, 35, 6, 13, 9, 6, 10,
           1, 22, 3, 12, 8, 17, 2, 11, 8, 12, 2, 5, 4, 15, 8, 23, 5, 11, 4, 1, 8),
  status = c(1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, rep(1, 21)),
  arm = rep(1:0, each = 21), stratum = rep(1:7, 6), cluster = rep(1:21, 2))
freireich$half <- rep(0:1, 21)
study("freireich", freireich, "half", c(5, 10, 20.5, 35))

d <- transform(aml, arm = as.numeric(x == "Maintained"), stratum = rep(1:2, length.out = 23),
               cluster = rep(1:8, length.out = 23), odd = seq_len(23) %% 3)
study("aml", d, "odd", c(12, 45))

d <- na.omit(transform(lung, status = status - 1, arm = sex - 1)[
  c("time", "status", "arm", "age", "ph.ecog", "wt.loss", "inst")])
d$stratum <- d$ph.ecog; d$cluster <- d$inst
study("lung", d, c("age", "wt.loss", "ph.ecog"), c(90, 365.25, 800))

d <- transform(veteran, arm = trt - 1, stratum = as.numeric(celltype), cluster = age,
               squamous = as.numeric(celltype == "squamous"), prior = prior / 10)
study("veteran", d, c("karno", "age", "prior", "squamous", "diagtime"), c(30, 100, 500))

d <- transform(ovarian, time = futime, status = fustat, arm = rx - 1, stratum = resid.ds,
               cluster = ceiling(seq_along(age) / 3))
study("ovarian", d, c("age", "ecog.ps"), c(200, 744))

# Two kinds of end: progression (1) and death without it (2), in months.
d <- transform(mgus2, time = ifelse(pstat == 1, ptime, futime),
               status = ifelse(pstat == 1, 1, 2 * death), arm = as.numeric(sex == "F"),
               stratum = (age > 70) + 0, cluster = dxyr - 1960)
study("mgus2", d, "age", c(60, 120, 240))

# More than two arms.
put("veteran/cells", "arm", as.numeric(veteran$celltype))
for (s in 0:1) {
  f <- if (s == 0) survdiff(Surv(time, status) ~ celltype, veteran)
       else survdiff(Surv(time, status) ~ celltype + strata(trt), veteran)
  sum1 <- function(x) if (is.matrix(x)) rowSums(x) else x
  put("veteran/cells", paste0("test", s), c(f$chisq, pchisq(f$chisq, 3, lower.tail = FALSE)))
  put("veteran/cells", paste0("observed", s), sum1(f$obs))
  put("veteran/cells", paste0("expected", s), sum1(f$exp))
}

incidence <- function(case, d) {
  f <- survfit(Surv(time, factor(status, 0:2)) ~ 1, d, conf.type = "log-log")
  put(case, "time", f$time); put(case, "at_risk", f$n.risk[, 1])
  put(case, "incidence", f$pstate[, 2]); put(case, "std_error", f$std.err[, 2])
  known <- f$pstate[, 2] > 0 & f$pstate[, 2] < 1
  put(case, "lower", ifelse(known, f$lower[, 2], NA))
  put(case, "upper", ifelse(known, f$upper[, 2], NA))
  put(case, "without", f$pstate[, 1])
}
for (a in 1:0) incidence(paste0("mgus2/incidence", a), d[d$arm == a, ])
# Every kind of tie, and the last person with an event.
tied <- data.frame(time = c(1, 1, 1, 2, 2, 3, 4, 4, 4, 5, 6, 6), status = c(1, 2, 0, 1, 0, 2, 1, 1, 2, 0, 2, 1))
put("tied", "time", tied$time); put("tied", "status", tied$status)
incidence("tied/incidence", tied)
# The trial of the vignette of survRM2: years to death, D-penicillamine against placebo.
d <- pbc[1:312, ]
put("pbc", "time", d$time / 365.25); put("pbc", "status", d$status == 2); put("pbc", "arm", d$trt == 1)

# Differences by a horizon from the arms' log-log limits (Zou & Donner 2008): estimate, standard
# error, p where the interval comes to 0, lower, upper.
mover <- function(p, s, level = 0.95) {
  width <- s / abs(p * log(p))
  reach <- function(z) {
    lower <- exp(log(p) * exp(z * width)); upper <- exp(log(p) * exp(-z * width))
    sqrt(c((p[1] - lower[1])^2 + (upper[2] - p[2])^2, (upper[1] - p[1])^2 + (p[2] - lower[2])^2))
  }
  d <- p[1] - p[2]
  z <- uniroot(function(z) reach(z)[if (d > 0) 1 else 2] - abs(d), c(0, 40), tol = 1e-15)$root
  c(d, sqrt(sum(s^2)), 2 * pnorm(-z), d + c(-1, 1) * reach(qnorm(0.5 + level / 2)))
}
with_event <- function(name, d, horizon) {
  at <- sapply(0:1, function(a) {
    f <- summary(survfit(Surv(time, status == 1) ~ 1, d[d$arm == a, ]), times = horizon)
    c(f$surv, f$std.err)
  })
  put(name, "difference", mover(at[1, ], at[2, ]))
}
with_event("freireich/by_10", freireich, 10)
with_event("veteran/by_100", transform(veteran, arm = trt - 1), 100)
d <- transform(mgus2, time = ifelse(pstat == 1, ptime, futime),
               status = ifelse(pstat == 1, 1, 2 * death), arm = as.numeric(sex == "F"))
at <- sapply(1:0, function(a) {
  f <- survfit(Surv(time, factor(status, 0:2)) ~ 1, d[d$arm == a, ])
  i <- findInterval(120, f$time)
  c(f$pstate[i, 2], f$std.err[i, 2])
})
put("mgus2/by_120", "difference", mover(at[1, ], at[2, ]))
